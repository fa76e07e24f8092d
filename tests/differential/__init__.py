"""Selectors compared with Kubernetes' own parser, on random texts."""
