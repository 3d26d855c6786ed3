"""A folder in memory, if the machine has one: a ledger there does not wait for a disk."""

from __future__ import annotations

import os

FOLDER = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108  tests make their own folders in it
