"""From TOML to tables: the strict reader, the checks, and the lines of faults.

The only package that imports cattrs and tomllib.
"""
