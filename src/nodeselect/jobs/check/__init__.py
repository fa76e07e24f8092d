"""Find and correct the mistakes in job files."""
