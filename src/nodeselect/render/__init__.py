"""Lay out the results of the library as text, Markdown, JSON, CSV and HTML."""
