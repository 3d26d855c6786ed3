"""Quotes: their parts and stored form, price ranges, and the verification of stored quotes."""
