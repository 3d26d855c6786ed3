"""Bills: what a charge means, whether a bill agrees with the quotes, and what changed since requests were quoted."""
