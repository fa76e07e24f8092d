"""Placements: what pods require of nodes."""
