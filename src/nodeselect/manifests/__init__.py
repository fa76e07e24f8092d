"""Kubernetes objects that run pods, and Bacalhau jobs: what they require of nodes; their rules."""
