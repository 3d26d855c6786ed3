"""The same rules for other libraries, each in the way that suits it best.

Rule 1  Every peer is built from `five.MODELS`: types, options, required and unknown fields, lengths, the beginnings of
        addresses. None checks more than ratecard does.
Rule 2  A peer is imported only when asked for; one that is not installed is left out, and its reason is kept.
Rule 3  `judge` is what is timed: it finds the problems and touches each. `problems_of` serves the agreement alone.
"""

from __future__ import annotations

from benchmarks.peers._base import Peer, missing
from benchmarks.peers._own import floor_peer, ratecard_peer
from benchmarks.peers._price import PRICERS, Pricer, dict_lookup, installed_pricers, lookup_of
from benchmarks.peers._registry import VALIDATORS, installed

__all__ = [
    "PRICERS",
    "VALIDATORS",
    "Peer",
    "Pricer",
    "dict_lookup",
    "floor_peer",
    "installed",
    "installed_pricers",
    "lookup_of",
    "missing",
    "ratecard_peer",
]
