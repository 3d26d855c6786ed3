"""Which options a request selects for the factors of a price, and where they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from attrs import frozen

from ratecard_rules._json import exact, is_of_type, plain
from ratecard_rules._table.model import Field, Model, Scalar
from ratecard_rules._table.value import Value

if TYPE_CHECKING:
    from collections.abc import Mapping

Origin: TypeAlias = Literal["given", "default", "measured"]
"""Where the option of a factor comes from: the request, the table, or a measurement."""

ORIGINS: tuple[Origin, ...] = get_args(Origin)
"""The three words."""

Lack: TypeAlias = Literal["undetermined", "unpriced", "unmeasured"]
"""Why a factor has no option; see `Resolution`."""


@frozen(eq=False, repr=False)
class Choice(Value):
    """The option that one factor of the price takes, and where it comes from."""

    field: str
    value: Scalar
    origin: Origin


def select(
    model: Model, given: Mapping[str, Any], measured: Mapping[str, object]
) -> tuple[tuple[Choice, ...], dict[Lack, tuple[str, ...]]]:
    """Choose an option for each factor, in the order of the formula, and name the factors that have none, if any.

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
    """Return the table's own spelling of a given option: JSON has one kind of number, so 1.0 is the option 1.

    A value beyond an uncertain list of options may be sent, but no page says what it costs: it is no option.
    """
    if not is_of_type(field.type, value):
        return None
    wanted = exact(value) if type(value) is float else value
    return next((option for option in field.allowed or () if option == wanted), None)
