"""All that an error shows of itself, for scans for the key."""

from __future__ import annotations

import traceback


def frames_below(error: BaseException) -> str:
    """Return the traceback of an error with the local variables of every frame of the library, and of httpx2."""
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    pending, texts = [told], []
    while pending:
        one = pending.pop()
        pending += [other for other in (one.__cause__, one.__context__) if other]
        ours = [frame for frame in one.stack if "/tests/" not in frame.filename]
        texts += [f"{frame.filename} {frame.name} {frame.locals}" for frame in ours]
        texts += [*one.format_exception_only()]
    return "\n".join(texts)


def everything_of(error: BaseException) -> str:
    """Return all that an error shows: its text, its parts, its notes, its traceback with local variables."""
    parts = [repr(error), str(error), repr(vars(error)), frames_below(error), repr(getattr(error, "__notes__", ()))]
    for value in vars(error).values():
        parts += [repr(value), repr(getattr(value, "headers", ())), repr(getattr(value, "body", b""))]
    return "\n".join(parts)
