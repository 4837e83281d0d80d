"""Whom a campaign is about: a filter on the fields of accounts and contacts. Pure rules; the database applies it.

As JSON: `{"account": {field: [value, …]}, "contact": {field: [value, …]}, "value": {"from": "10000", "to": "50000"}}`.
All fields must hold, of a field's values one; text is compared without case, and an empty value means an empty field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any

ACCOUNT_FIELDS = ("industry", "country", "manager_name", "manager_email", "currency", "external_id", "name")
CONTACT_FIELDS = ("level", "department", "job_title", "language", "country", "time_zone")
ATTRIBUTE = "attributes."
MOST_VALUES = 500

_FIELDS = {"account": ACCOUNT_FIELDS, "contact": CONTACT_FIELDS}

Filter = Mapping[str, tuple[str, ...]]
NO_FILTER: Filter = MappingProxyType({})


@dataclass(frozen=True)
class Audience:
    """The values that are wanted of each field, and the range of annual value in the wave's currency, both included."""

    account: Filter = field(default_factory=lambda: NO_FILTER)
    contact: Filter = field(default_factory=lambda: NO_FILTER)
    value_from: Decimal | None = None
    value_to: Decimal | None = None

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Audience:
        """Return the audience that `as_json` kept; raises ValueError with a sentence for what cannot be meant."""
        strange = sorted(set(kept) - {"account", "contact", "value"})
        if strange:
            raise ValueError(f"An audience has account, contact and value, and no «{strange[0]}».")
        value = kept.get("value") or {}
        audience = cls(
            _filter("account", kept.get("account") or {}),
            _filter("contact", kept.get("contact") or {}),
            _amount(value.get("from")),
            _amount(value.get("to")),
        )
        if (
            audience.value_from is not None
            and audience.value_to is not None
            and audience.value_from > audience.value_to
        ):
            raise ValueError(f"The value goes from {audience.value_from} to {audience.value_to}, so nobody is between.")
        return audience

    def as_json(self) -> dict[str, Any]:
        """Return the audience as the database keeps it; empty for everybody."""
        kept: dict[str, Any] = {}
        for side, wanted in (("account", self.account), ("contact", self.contact)):
            if wanted:
                kept[side] = {name: list(values) for name, values in wanted.items()}
        value = {"from": self.value_from, "to": self.value_to}
        if any(amount is not None for amount in value.values()):
            kept["value"] = {name: str(amount) for name, amount in value.items() if amount is not None}
        return kept

    def condition(self, *, currency: str, rates: Mapping[str, Decimal]) -> tuple[str, str, dict[str, Any]]:
        """Return what holds of accounts `a` and of contacts `c` as SQL, with the parameters of both (`%(name)s`)."""
        parameters: dict[str, Any] = {}
        accounts = [_holds("a", name, values, parameters) for name, values in self.account.items()]
        contacts = [_holds("c", name, values, parameters) for name, values in self.contact.items()]
        if self.value_from is not None or self.value_to is not None:
            parameters["audience_rates"] = [str(rate) for rate in rates.values()]
            parameters["audience_currencies"] = list(rates)
            parameters["audience_currency"] = currency
            for sign, name, bound in ((">=", "audience_from", self.value_from), ("<=", "audience_to", self.value_to)):
                if bound is not None:
                    parameters[name] = bound
                    accounts.append(f"a.annual_value * {_RATE} {sign} %({name})s")
        return " AND ".join(accounts) or "true", " AND ".join(contacts) or "true", parameters


EVERYBODY = Audience()

# An amount without a currency is in the wave's; one without a rate is unknown, and lies in no range.
_RATE = """
    CASE WHEN coalesce(a.currency, %(audience_currency)s) = %(audience_currency)s THEN 1
         ELSE (SELECT r.rate::numeric FROM unnest(%(audience_currencies)s::text[], %(audience_rates)s::text[])
               AS r(currency, rate) WHERE r.currency = a.currency) END
"""


def _filter(side: str, kept: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    wanted: dict[str, tuple[str, ...]] = {}
    for name, values in kept.items():
        if name not in _FIELDS[side] and not (name.startswith(ATTRIBUTE) and name != ATTRIBUTE):
            raise ValueError(f"There is no field «{name}» of {'an account' if side == 'account' else 'a contact'}.")
        if not isinstance(values, list | tuple) or not values or len(values) > MOST_VALUES:
            raise ValueError(f"Give from 1 to {MOST_VALUES} values for «{name}».")
        if not all(isinstance(value, str) and "\0" not in value for value in values):
            raise ValueError(f"The values of «{name}» must be text.")
        wanted[name] = tuple(values)
    return wanted


def _amount(kept: object) -> Decimal | None:
    if kept is None or kept == "":
        return None
    try:
        amount = Decimal(str(kept))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise ValueError(f"«{kept}» is no amount of money.")
    return amount


def _holds(table: str, name: str, values: tuple[str, ...], parameters: dict[str, Any]) -> str:
    number = len(parameters)
    parameters[f"audience_{number}"] = list(values)
    column = f"{table}.{name}"
    if name.startswith(ATTRIBUTE):
        parameters[f"audience_key_{number}"] = name.removeprefix(ATTRIBUTE)
        column = f"{table}.attributes ->> %(audience_key_{number})s"
    # Both sides by the database, which does not fold every letter as Python does.
    wanted = f"SELECT lower(v) FROM unnest(%(audience_{number})s::text[]) v"  # noqa: S608 - a number, no value
    return f"lower(coalesce(({column})::text, '')) IN ({wanted})"
