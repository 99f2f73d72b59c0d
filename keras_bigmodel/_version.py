"""Holds the version of the package. Packaging reads this file without importing the package."""

__version__ = "0.1.0"
