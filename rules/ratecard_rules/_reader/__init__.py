"""From TOML to tables: the strict reader, its checks, and where in a file a fault is.

The only place that imports cattrs and tomllib.
"""
