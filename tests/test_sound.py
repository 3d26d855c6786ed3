"""`[revision.sound]` in a table: whether the output has sound, and what decides it."""

from __future__ import annotations

import pytest

import invented
from ratecard import diff
from ratecard_rules import SILENT_CAPABILITIES, Catalog, Model, Sound, TableError, load_model, provenance

DECIDED = '[revision.sound]\nfield = "sound"\n'


def model(section: str, fields: str = invented.INPUT) -> Model:
    """Return the invented model with this section."""
    return load_model(invented.table_text(section + invented.PRICE, fields))


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ("", None),
        (DECIDED, Sound(field="sound")),
        ("[revision.sound]\nalways = true\n", Sound(always=True)),
        ('[revision.sound]\nalways = false\nevidence = "implied"\n', Sound(always=False, evidence="implied")),
    ],
)
def test_it_is_read_as_it_stands(section: str, expected: Sound | None) -> None:
    """A table names the field that decides, says always or never, or says nothing."""
    assert model(section).latest.sound == expected


@pytest.mark.parametrize(
    ("section", "key", "words"),
    [
        ("[revision.sound]\n", "sound", "either `field`"),
        ('[revision.sound]\nfield = "sound"\nalways = true\n', "sound", "either `field`"),
        ('[revision.sound]\nfield = "audio"\n', "sound.field", '"audio" is not a field of `input`'),
        ('[revision.sound]\nfield = "duration"\n', "sound.field", 'options of "duration" are not exactly true and'),
        ('[revision.sound]\nfield = "prompt"\n', "sound.field", 'options of "prompt" are not exactly true and false'),
        ("[revision.sound]\nalways = 1\n", "sound.always", "expected true or false"),
        ('[revision.sound]\nalways = "true"\n', "sound.always", "expected true or false"),
        ('[revision.sound]\nalways = true\nevidence = "rumour"\n', "sound.evidence", 'expected one of "documented"'),
        ("[revision.sound]\nalways = true\nnote = 1\n", "sound.note", "known: field, always, evidence"),
        ("[revision]\nsound = true\n", "sound", "expected a table"),
    ],
)
def test_wrong_sections_are_faults(section: str, key: str, words: str) -> None:
    """Exactly one of the two keys is needed, with the right type; the field exists and is a yes-or-no question."""
    text = invented.table_text(section + invented.PRICE)
    if section.startswith("[revision]"):
        text = invented.table_text().replace("fields_complete", "sound = true\nfields_complete")
    with pytest.raises(TableError) as refusal:
        load_model(text)
    (fault,) = refusal.value.faults
    assert fault.key == f"revision[1].{key}"
    assert words in fault.message


def test_text_options_decide_too() -> None:
    """Many pages send "true" and "false" as text."""
    fields = invented.INPUT.replace(
        '"boolean"\nallowed = [false, true]\ndefault = false', '"string"\nallowed = ["true", "false"]'
    )
    assert model(DECIDED, fields).latest.sound == Sound(field="sound")


def test_provenance() -> None:
    """It has evidence and a page like any other rule; without the section there is nothing to say."""
    table = model('[revision.sound]\nalways = true\nevidence = "implied"\n')
    (entry,) = (entry for entry in provenance(table, Catalog([table])) if entry.rule == "sound")
    assert (entry.evidence, entry.page) == ("implied", "https://example.com/loop-1")
    silent = model("")
    assert "sound" not in {entry.rule for entry in provenance(silent, Catalog([silent]))}


def test_diff_and_digest() -> None:
    """It is part of what a table says: digests differ, and the difference is described."""
    old, new = (Catalog([model(section)]) for section in ("", DECIDED))
    assert old.digest != new.digest
    assert 'sound: added {"field": "sound"}' in str(diff(old, new))


def test_shipped_tables() -> None:
    """Eighteen pages state it: seventeen by a field, and Kling 2.6 I2V always has sound."""
    stated = {table.slug: table.latest.sound for table in Catalog.bundled() if table.latest.sound is not None}
    assert len(stated) == 18
    assert stated["kling/kling-2.6-i2v/image-to-video"] == Sound(always=True)
    fields = [sound.field for sound in stated.values() if sound.field is not None]
    assert (fields.count("has_sound"), fields.count("generate_audio")) == (16, 1)


def test_every_field_for_new_sound_is_stated() -> None:
    """Keeping the sound of a given video or referring to an audio file does not by itself produce sound."""
    for table in Catalog.bundled():
        names = {"has_sound", "generate_audio"} & table.latest.fields.keys()
        sound = table.latest.sound
        assert names == ({sound.field} if sound is not None and sound.field is not None else set())
        assert sound is None or table.capability not in SILENT_CAPABILITIES
