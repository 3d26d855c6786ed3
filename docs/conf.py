"""Settings of the documentation site: `sphinx-build -W docs build/site`. Nothing is fetched from the network."""

from __future__ import annotations

from importlib.metadata import version as version_of
from pathlib import Path
from typing import TYPE_CHECKING

from ratecard import Catalog
from ratecard._page.render import llms_text, page_html

if TYPE_CHECKING:
    from sphinx.application import Sphinx

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


def setup(app: Sphinx) -> None:
    """Write the rate card page into the site when it is built."""

    def write_page(app: Sphinx, error: Exception | None) -> None:
        if error is None:
            catalog, folder = Catalog.bundled(), Path(app.outdir)
            (folder / "ratecard.html").write_text(page_html(catalog), encoding="utf-8")
            (folder / "llms.txt").write_text(llms_text(catalog), encoding="utf-8")

    app.connect("build-finished", write_page)
