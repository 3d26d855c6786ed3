"""What both clients have in common: their settings, the guard around a submission, and what is said of a drift."""

from __future__ import annotations

import logging
import time
import warnings
from contextlib import suppress
from math import inf, isfinite
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias, Unpack, get_args

from ratecard.submit import _flows
from ratecard.submit._answers import created_nothing
from ratecard.submit._errors import PriceDrift, PriceDriftWarning, UnreadableCharge
from ratecard.submit._exchange import Exchange, client_options
from ratecard.submit._http import HttpAnswer, checked_base_url
from ratecard.submit._jobs import Attempt, Receipt
from ratecard.submit._key import Secret, key_of
from ratecard.submit._plan import Plan, PlanOptions, plan, utc_now

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ratecard import Catalog

log = logging.getLogger("ratecard.submit")

OnDrift: TypeAlias = Literal["warn", "raise", "ignore"]
"""What happens when the charge is not the quote. It is logged, and stands in the receipt, in any case."""


class BaseClient:
    """The settings of a client, and its submissions whose outcome is unknown.

    Attributes:
        unsettled: Submissions that are under way, or ended with an unknown outcome. Remove those that you have settled.
    """

    _new_http: ClassVar[Callable[..., Any]]
    _close_name: ClassVar[str]

    def __init__(  # noqa: PLR0913  each is a setting of its own
        self,
        key: str | None = None,
        *,
        base_url: str | None = None,
        catalog: Catalog | None = None,
        on_drift: OnDrift = "warn",
        on_uncertain: Callable[[Attempt], object] | None = None,
        timeout: float = 60.0,
        attempts: int = 4,
        http_client: Any = None,
        trust_env: bool = True,
        now: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], Any] | None = None,
    ) -> None:
        secret = None if key is None else Secret(key)
        del key  # a traceback with local variables must not show it
        self._key = key_of(secret)
        if on_drift not in get_args(OnDrift):
            raise ValueError(f"on_drift must be one of {', '.join(get_args(OnDrift))}")
        if attempts < 1:
            raise ValueError("attempts must be at least 1")
        if http_client is not None and not hasattr(http_client, self._close_name):
            raise TypeError(f"http_client is of the wrong kind for {type(self).__name__}: {type(http_client).__name__}")
        self._timeout = seconds_of("timeout", timeout)
        address = checked_base_url(base_url)
        self._settings = _flows.Settings(base_url=address, catalog=catalog, attempts=attempts, now=now)
        self._on_drift = on_drift
        self._on_uncertain = on_uncertain
        self._sleep = sleep
        self._is_closed = False
        self._owns_http = http_client is None
        # A request to this machine goes through no proxy, which could read the key.
        trust_env = trust_env and address.lower().startswith("https:")
        self._options = client_options(trust_env=trust_env) if self._owns_http else {}
        self._http = self._new_http(**self._options) if self._owns_http else http_client
        self.unsettled: list[Attempt] = []

    def __repr__(self) -> str:
        settings: _flows.Settings | None = vars(self).get("_settings")  # none yet in a traceback from __init__
        return f"<{type(self).__name__} of {settings.base_url if settings else 'no address'}>"

    def plan(self, request: object, **options: Unpack[PlanOptions]) -> Plan:
        """Return what `submit` would send, and what it costs, without sending it."""
        settings = self._settings
        return plan(request, catalog=settings.catalog, at=settings.now(), base_url=settings.base_url, **options)

    def _begin(self, request: object, within: float | None, options: PlanOptions) -> tuple[Plan, Attempt, float]:
        """Return what is to be sent, the record of it, and when there is no more time for it."""
        until = inf if within is None else time.monotonic() + seconds_of("within", within)
        if isinstance(request, Plan) and options:
            raise TypeError("a plan has been checked already: pass the options to `plan`")
        planned = request if isinstance(request, Plan) else self.plan(request, **options)
        if not planned.http_request.url.startswith(f"{self._settings.base_url}/v1/"):
            raise ValueError("the plan is for another base URL than this client")
        attempt = Attempt(quote=planned.quote, body=planned.body, digest=planned.digest, started=self._settings.now())
        return planned, attempt, until

    def _exchange(self, send: _flows.Send) -> Exchange | HttpAnswer:
        """Return what is to be sent now; an answer instead where there is no time left."""
        if self._is_closed or self._http.is_closed:
            raise RuntimeError("the client is closed")
        seconds = min(self._timeout, send.until - time.monotonic())
        if seconds <= 0:
            return HttpAnswer(None, fault="no time was left to send the request", has_left=False)
        # A kept connection that the API has closed meanwhile would make a submission uncertain.
        is_fresh = self._owns_http and send.attempt is not None
        http = self._new_http(**self._options) if is_fresh else self._http
        exchange = Exchange(http, send.request, self._key, seconds)
        if send.attempt is not None:
            log.info("submitting a job of %s (request %.12s)", send.attempt.quote.model, send.attempt.digest)
            self.unsettled.append(send.attempt)
            send.attempt.may_have_arrived = True  # from now on, before the first byte leaves
        return exchange

    def _answered(self, send: _flows.Send, answer: HttpAnswer) -> HttpAnswer:
        """Note that a submission created nothing, where that is certain."""
        if send.attempt is not None and created_nothing(answer):
            send.attempt.may_have_arrived = False
            self._settle(send.attempt)
        return answer

    def _settle(self, attempt: Attempt) -> None:
        with suppress(ValueError):  # the caller may have removed it
            self.unsettled.remove(attempt)

    def _created(self, attempt: Attempt, receipt: Receipt) -> Receipt:
        """Return the receipt; where the charge is not the quote, say so first."""
        log.info("created job %s of %s", receipt.job_id, receipt.quoted.model)
        if receipt.drift_micros:
            log.warning("%s", receipt.drift_text)
        if receipt.drift_micros and self._on_drift == "raise":
            raise PriceDrift(receipt.drift_text, request_id=receipt.request_id, receipt=receipt)
        if receipt.drift_micros and self._on_drift == "warn":
            # An instance, so that the receipt is not lost where warnings are errors.
            warnings.warn(PriceDriftWarning(receipt), stacklevel=3)
        self._settle(attempt)
        return receipt

    def _failed(self, attempt: Attempt, error: BaseException) -> None:
        """Put a submission that may have arrived on the exception that ends it, and report it where it is unsettled."""
        if not attempt.may_have_arrived:
            return
        with suppress(Exception):  # an exception without room for attributes
            error.attempt = attempt  # type: ignore[attr-defined]
        if isinstance(error, PriceDrift | PriceDriftWarning | UnreadableCharge):
            self._settle(attempt)
            return
        attempt.ended = attempt.ended or self._settings.now()
        attempt.cause = attempt.cause or type(error).__name__
        if attempt not in self.unsettled:
            self.unsettled.append(attempt)
        error.add_note(f"ratecard: {attempt}")
        job = f"job {attempt.job_id}" if attempt.job_id else "a job"
        started = attempt.started.isoformat()
        model = attempt.quote.model
        log.warning("uncertain: %s of %s may exist since %s (request %.12s)", job, model, started, attempt.digest)
        if self._on_uncertain is not None:
            try:
                self._on_uncertain(attempt)
            except Exception:
                log.exception("on_uncertain failed")

    def _search(self, attempt: Attempt | BaseException) -> tuple[Attempt, _flows.Pager]:
        found = getattr(attempt, "attempt", attempt)
        if not isinstance(found, Attempt):
            raise TypeError(f"expected an Attempt, or an exception that carries one, got {type(attempt).__name__}")
        return found, _flows.Pager(None, found.quote.model, _flows.MAX_SEARCHED_PAGES)


def seconds_of(name: str, value: float) -> float:
    """Return a positive, finite number of seconds. Raises TypeError or ValueError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name} must be a number of seconds, not {type(value).__name__}")
    if not (isfinite(value) and value > 0):
        raise ValueError(f"{name} must be a positive, finite number of seconds")
    return value
