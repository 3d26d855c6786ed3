"""Prices of millions of rows, with numpy and pyarrow."""
