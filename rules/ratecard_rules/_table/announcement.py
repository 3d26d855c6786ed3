"""Changes to models that are not yet in force. Only dated models need this."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from ratecard_rules._table.model import Revision
from ratecard_rules._table.value import Value


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class Announcement(Value):
    """A change to a model that is known but not yet in force.

    Attributes:
        effective: The instant at which it takes effect.
        revision: The new rules and prices; None if the model is retired.
    """

    effective: datetime
    revision: Revision | None
