"""Receipts and attempts as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ratecard._money import usd_text
from ratecard.submit import Receipt

if TYPE_CHECKING:
    from ratecard.submit import Attempt, UnreadableCharge


def receipt_data(created: Receipt | UnreadableCharge) -> dict[str, Any]:
    """Return a receipt as plain JSON data; what its answer does not say readably is None."""
    receipt = created if isinstance(created, Receipt) else None
    return {
        "job_id": created.job_id,
        "request_id": created.request_id,
        "status": receipt.status if receipt else "pending",
        "estimated_completion": receipt.estimated_completion if receipt else None,
        **money("charged", receipt.charged_micros if receipt else None),
        **money("drift", receipt.drift_micros if receipt else None),
        "quoted": created.quoted.to_dict(),
    }


def attempt_data(attempt: Attempt) -> dict[str, Any]:
    """Return a submission with an unknown outcome as plain JSON data."""
    quoted = attempt.plan.quote
    return {
        "model": quoted.model,
        **money("quoted", quoted.usd_micros),
        **{name: getattr(attempt, name) for name in ("started", "ended", "cause")},
        "digest": attempt.plan.digest,
        "hold_key": attempt.hold_key,
    }


def money(name: str, micros: int | None) -> dict[str, Any]:
    """Return an amount as plain JSON data, in whole millionths and as text."""
    return {f"{name}_micros": micros, f"{name}_usd": None if micros is None else usd_text(micros)}
