"""The contents of tables: models, prices and their digests. Independent of files and requests."""
