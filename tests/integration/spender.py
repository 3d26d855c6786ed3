"""A process that spends from a ledger until it is killed: `python spender.py LEDGER LOG SEED`.

Before each step it writes to its log what it will do, and after it what came of it.
"""

from __future__ import annotations

import os
import random
import sys
from itertools import count

import invented
from ratecard import Ledger, OverLimit, quote

QUOTES = [quote(invented.request(duration=text), catalog=invented.catalog()) for text in ("4", "8")]  # 40,000, 80,000


def main(file: str, log: str, seed: str) -> None:
    """Hold, send, settle and release, at random."""
    dice = random.Random(seed)
    ledger = Ledger(file)
    book = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def note(*words: object) -> None:
        os.write(book, f"{' '.join(map(str, words))}\n".encode())

    for number in count():
        quoted, key = dice.choice(QUOTES), f"{seed}-{number}"
        note("before", key, "held", quoted.usd_micros)
        try:
            hold = ledger.hold(quoted, key=key)
        except OverLimit:
            note("after", key, "refused", 0)
            continue
        note("after", key, "held", hold.held_micros)
        if dice.random() < 0.7:
            note("before", key, "sent", hold.held_micros)
            hold = hold.mark_sent()
            note("after", key, "sent", hold.held_micros)
        if dice.random() < 0.5:
            charge = hold.held_micros - dice.choice([0, 1, 20_000])
            note("before", key, "settled", charge)
            hold.settle(charge)
            note("after", key, "settled", charge)
        elif dice.random() < 0.7:
            note("before", key, "released", 0)
            hold.release()
            note("after", key, "released", 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
