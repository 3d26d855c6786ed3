"""What changed between two catalogues."""
