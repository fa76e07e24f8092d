"""Selectors in the notations of other systems."""
