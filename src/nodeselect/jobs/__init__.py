"""DOCUMENTS. The job spec as Expanso writes it."""

from nodeselect.jobs.job_selector import read_job_selector

__all__ = ["read_job_selector"]
