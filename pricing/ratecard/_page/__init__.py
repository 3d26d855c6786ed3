"""Prices for JavaScript: the price sheets as JSON, and a module that looks prices up in them."""
