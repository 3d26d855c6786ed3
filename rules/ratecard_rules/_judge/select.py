"""The options that a request selects for the factors of a price."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from attrs import frozen

from ratecard_rules._json import TYPES, exact, plain
from ratecard_rules._table.model import Field, Model, Scalar
from ratecard_rules._table.value import Value

if TYPE_CHECKING:
    from collections.abc import Mapping

Origin: TypeAlias = Literal["given", "default", "measured"]
"""Where the option of a factor comes from: the request, the table, or a measurement."""

ORIGINS: tuple[Origin, ...] = get_args(Origin)
"""Every origin."""

Lack: TypeAlias = Literal["undetermined", "unpriced", "unmeasured"]
"""Why a factor has no option; see `Resolution`."""


@frozen(eq=False, repr=False)
class Choice(Value):
    """The option of a factor, and where it comes from.

    Attributes:
        field: The name of the priced field.
        value: The option.
        origin: Where it comes from.
    """

    field: str
    value: Scalar
    origin: Origin


def select(
    model: Model, given: Mapping[str, Any], measured: Mapping[str, object]
) -> tuple[tuple[Choice, ...], dict[Lack, tuple[str, ...]]]:
    """Return the option of each factor in the order of the formula, and the factors that have none.

    `given` is the input of a request without errors.
    """
    choices: list[Choice] = []
    without: dict[Lack, tuple[str, ...]] = {}
    for name, field in model.latest.priced.items():
        is_sent = name in model.latest.fields
        values = given if is_sent else measured
        origin: Origin = "default" if name not in values else "given" if is_sent else "measured"
        value = field.default if origin == "default" else _option(field, plain(values[name]))
        if value is not None:
            choices.append(Choice(name, value, origin))
        else:
            lack: Lack = "unmeasured" if not is_sent else "unpriced" if name in given else "undetermined"
            without[lack] = (*without.get(lack, ()), name)
    return tuple(choices), without


def _option(field: Field, value: object) -> Scalar | None:
    """Return the option of the table that equals a given value: JSON has one type of number, so 1.0 is the option 1.

    If the list of options is uncertain, other values are accepted, but they have no price: the result is None.
    """
    if not any(type(value) is kind for kind in TYPES[field.type]):  # true is not a number
        return None
    wanted = exact(value) if type(value) is float else value
    return next((option for option in field.allowed or () if option == wanted), None)
