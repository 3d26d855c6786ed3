"""What both clients are, apart from how they wait for bytes."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from ratecard.submit._errors import PriceDrift, PriceDriftWarning, Refusal
from ratecard.submit._key import Secret, key_of
from ratecard.submit._plan import Plan, plan

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from ratecard import Quote
    from ratecard.submit._flows import Settings
    from ratecard.submit._jobs import Receipt

OnDrift: TypeAlias = Literal["warn", "raise", "ignore"]
"""What happens when a job did not cost what was quoted. The receipt says so in any case."""


class BaseClient:
    """The settings of a client, what it would send, and what it says of a drift."""

    def __init__(self, key: Secret | None, settings: Settings, on_drift: OnDrift) -> None:
        if on_drift not in get_args(OnDrift):
            raise ValueError(f"on_drift is one of {', '.join(get_args(OnDrift))}")
        self._key = key_of(key)
        self._settings = settings
        self._on_drift = on_drift

    def __repr__(self) -> str:
        settings: Settings | None = vars(self).get("_settings")  # none yet in a traceback from where it is made
        return f"<{type(self).__name__} of {settings.base_url if settings else 'no address'}>"

    def plan(
        self,
        request: object,
        *,
        max_usd: int | Decimal | str | None = None,
        expect: Quote | None = None,
        measured: Mapping[str, object] | None = None,
        strict: bool = False,
    ) -> Plan:
        """Return what `submit` would send, and what it costs, without sending it. Raises as `submit` does before."""
        return plan(
            request,
            max_usd=max_usd,
            expect=expect,
            measured=measured,
            strict=strict,
            catalog=self._settings.catalog,
            base_url=self._settings.base_url,
            now=self._settings.clock.now,
        )

    def _tell_drift(self, receipt: Receipt) -> Receipt:
        """Return a receipt; where its charge is not the quote, say so first. The job is named in all that is said."""
        if receipt.drift_micros and self._on_drift == "raise":
            raise PriceDrift(Refusal(receipt.drift_text, request_id=receipt.request_id), receipt)
        if receipt.drift_micros and self._on_drift == "warn":
            # An instance, so that the receipt is not lost where warnings are errors.
            warnings.warn(PriceDriftWarning(receipt.drift_text, receipt), stacklevel=3)
        return receipt
