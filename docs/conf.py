"""Settings of the documentation site: `sphinx-build -W docs build/site`. Nothing is fetched from the network."""

from __future__ import annotations

from importlib.metadata import version as version_of

project = "ratecard"
author = "the ratecard developers"
project_copyright = author
version = release = version_of("ratecard")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_click"]
exclude_patterns = ["build"]
nitpicky = False

html_theme = "furo"
html_title = f"ratecard {release}"
html_copy_source = False
html_show_sphinx = False

myst_enable_extensions = ["colon_fence", "attrs_block"]
myst_heading_anchors = 3

default_role = "code"  # docstrings write `names` as Markdown does
autodoc_member_order = "groupwise"
autodoc_typehints = "signature"
napoleon_custom_sections = [("Attributes", "params_style")]
