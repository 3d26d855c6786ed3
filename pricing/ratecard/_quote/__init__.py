"""Quotes: what they carry, how a request gets one, ranges of them, and whether a stored one still holds."""
