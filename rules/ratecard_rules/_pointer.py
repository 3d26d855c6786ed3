"""JSON Pointers (RFC 6901): where in a request a problem is."""

from __future__ import annotations


def pointer_to(parent: str, key: str | int) -> str:
    """Return the pointer to `key` inside what `parent` points to.

    >>> pointer_to("/input", "a/b~c")
    '/input/a~1b~0c'
    """
    text = str(key)
    if "~" in text or "/" in text:
        text = text.replace("~", "~0").replace("/", "~1")
    return f"{parent}/{text}"


def keys_of(pointer: str) -> list[str]:
    """Return the keys that a pointer goes through, from the outside in."""
    return [key.replace("~1", "/").replace("~0", "~") for key in pointer.split("/")[1:]]
