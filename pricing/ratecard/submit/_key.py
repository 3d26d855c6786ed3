"""The key of the API, and other secrets: text that no repr, message, log or traceback shows.

Rule 1  A secret is wrapped before anything can fail, and the bare text is forgotten (`del`), so that a traceback which
        prints local variables prints `***`.
Rule 2  It is revealed in one expression, where the bytes are made that leave.
"""

from __future__ import annotations

import os
import re
from typing import NoReturn

from ratecard import RatecardError
from ratecard._api import KEY_VARIABLE

MASK = "***"
"""What is shown instead of a secret."""

_SHORTEST_SCRUBBED = 8  # to cut a shorter text out of an answer could cut more than the key


class BadKey(RatecardError, ValueError):
    """The key is missing, or it is none that could be sent; it is not repeated."""


class Secret:
    """A text that is shown as `***`.

    >>> Secret("pb_example")
    ***
    """

    __slots__ = ("_text",)

    def __init__(self, text: str | bytes) -> None:
        self._text = text

    def __repr__(self) -> str:
        return MASK

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is neither copied nor stored")

    def reveal(self) -> bytes:
        """Return the bytes themselves."""
        return self._text.encode(errors="surrogatepass") if isinstance(self._text, str) else self._text

    def bearer(self) -> str:
        """Return the value of the header `Authorization`."""
        return f"Bearer {self.reveal().decode()}"

    def scrub(self, raw: bytes) -> bytes:
        """Return what came from outside without the secret, should it have been sent back, as JSON may spell it too."""
        if len(self.reveal()) < _SHORTEST_SCRUBBED:
            return raw
        bare = raw.replace(self.reveal(), MASK.encode())
        return re.sub(b"".join(map(_spelt, self.reveal())), MASK.encode(), bare) if b"\\" in bare else bare

    def is_sendable(self) -> bool:
        """Return whether it can stand in a header: visible ASCII characters, and at least one."""
        return bool(self._text) and all(0x20 < byte < 0x7F for byte in self.reveal())  # noqa: PLR2004  blank and DEL


def _spelt(byte: int) -> bytes:
    """Return a pattern of the ways in which JSON may write a character: itself, after a backslash, or by its number."""
    return rb"(?:\\?%b|\\u00(?i:%02x))" % (re.escape(bytes([byte])), byte)


def key_of(given: Secret | None) -> Secret:
    """Return the key: the one that was given, else that of the environment. Raises BadKey where it cannot be sent."""
    key = Secret(os.environ.get(KEY_VARIABLE, "")) if given is None else given
    source = KEY_VARIABLE if given is None else "the key"
    if not key.reveal().strip():
        raise BadKey(f"no key: pass one, or set {KEY_VARIABLE}" if given is None else "the key is blank")
    if not key.is_sendable():
        raise BadKey(f"{source} holds blanks, or characters that are not ASCII; keys look like pb_…")
    return key
