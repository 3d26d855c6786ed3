"""Finding models: which can produce what is wanted, and at what price."""
