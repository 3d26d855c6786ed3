"""Files that replace others are whole, whenever the writing is interrupted."""

from __future__ import annotations

from pathlib import Path

import pytest

from ratecard._replace import write_file


def test_an_interruption_after_the_file_was_renamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not taken for a file that cannot be written, and the new file stays."""
    rename = Path.replace

    def interrupted(self: Path, target: Path) -> None:
        rename(self, target)
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_file(tmp_path / "a.json", "{}")
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("a.json", "{}")]
