"""Selectors as conditions of other engines: SQL databases, Spark and Polars."""
