"""Differences between two catalogues."""
