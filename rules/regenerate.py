"""Write everything that is generated, after a table was added or changed.

python rules/regenerate.py

The scripts run one after another, each in its own process, because the first one writes the shipped tables, which the
others read.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
SCRIPTS = (
    "rules/make_shipped.py",  # the tables in the form that starts fast
    "docs/make_catalogue.py",  # the catalogue as a page
    "docs/make_pictures.py",  # the pictures of the documentation
    "rules/make_exports.py",  # schemas, types and the catalogue as data
    "tests/make_vectors.py",  # the conformance vectors
)


def main() -> None:
    """Run every script. Raises CalledProcessError if one fails."""
    for script in SCRIPTS:
        sys.stdout.write(f"{script}\n")
        sys.stdout.flush()
        subprocess.run([sys.executable, str(ROOT / script)], check=True)  # noqa: S603  our own scripts


if __name__ == "__main__":
    main()
