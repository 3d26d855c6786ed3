"""Reading tables from TOML: the strict reader, the checks, and the line numbers of faults.

This is the only package that imports cattrs and tomllib.
"""
