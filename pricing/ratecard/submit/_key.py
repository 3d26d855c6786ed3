"""Secrets: the API key and the webhook secret, which no repr, message, log or traceback may show.

A secret is wrapped before anything can fail, and the bare text deleted, so that a traceback with local variables shows
`***`. It is revealed only where the bytes are made that leave.
"""

from __future__ import annotations

import os
import re
from typing import NoReturn

from ratecard._api import KEY_VARIABLE
from ratecard.submit._errors import BadKey

_MIN_SCRUBBED = 8  # replacing a shorter text in an answer could replace more than the key


class Secret:
    """A text that is shown as `***`, and cannot be copied or pickled."""

    __slots__ = ("_text",)

    def __init__(self, text: str | bytes) -> None:
        self._text = text

    def __repr__(self) -> str:
        return "***"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret cannot be copied or pickled")

    def reveal(self) -> bytes:
        """Return the bytes."""
        return self._text.encode(errors="surrogatepass") if isinstance(self._text, str) else self._text

    def scrub(self, raw: bytes) -> bytes:
        """Return bytes from outside without the secret, in whatever way JSON may spell it."""
        if len(self.reveal()) < _MIN_SCRUBBED:
            return raw
        scrubbed = raw.replace(self.reveal(), b"***")
        spellings = b"".join(rb"(?:\\?%b|\\u00(?i:%02x))" % (re.escape(bytes([byte])), byte) for byte in self.reveal())
        return re.sub(spellings, b"***", scrubbed) if b"\\" in scrubbed else scrubbed

    def scrub_text(self, text: str) -> str:
        """Return text from outside without the secret."""
        return self.scrub(text.encode(errors="backslashreplace")).decode()


def key_of(given: Secret | None) -> Secret:
    """Return the given key, or that of the environment. Raises BadKey where it is missing or cannot be sent."""
    key = Secret(os.environ.get(KEY_VARIABLE, "")) if given is None else given
    if not key.reveal().strip():
        raise BadKey(f"no key: pass one, or set {KEY_VARIABLE}" if given is None else "the key is blank")
    if not all(0x20 < byte < 0x7F for byte in key.reveal()):  # visible ASCII
        source = KEY_VARIABLE if given is None else "the key"
        raise BadKey(f"{source} has blanks or characters outside ASCII; keys look like pb_…")
    return key
