"""Reads tables of tagged words and of spans of texts. Knows files and cells; no model."""
