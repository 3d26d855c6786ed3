"""What a table says: models, prices and the digest over them. Knows no file and no request."""
