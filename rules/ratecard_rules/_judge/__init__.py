"""Judging a request: its problems, and the options that it selects."""
