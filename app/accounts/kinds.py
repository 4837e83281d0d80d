"""The four kinds of file an import takes: their columns, how these are read, and what makes a row fit. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, NamedTuple, TypeVar, cast

from app.accounts import places
from app.accounts.addresses import email_key
from app.accounts.amounts import currency_in, money
from app.accounts.cells import Reader, count, day, moment, score, share, text, words, yes_or_no
from app.accounts.columns import Spellings
from app.accounts.engagement import made_key
from app.accounts.models import Level, RevenueType
from app.accounts.rows import AccountRow, ActivityRow, ContactRow, RevenueRow
from app.accounts.text import name_key, shortened, squashed, visible
from app.accounts.vocabulary import (
    ACCOUNT_COLUMNS,
    ACCOUNT_STATUSES,
    ACTIVITY_COLUMNS,
    ACTIVITY_KINDS,
    CONTACT_COLUMNS,
    CONTACT_STATUSES,
    LEVELS,
    REVENUE_COLUMNS,
    REVENUE_TYPES,
)

LONGEST_NAME = 200
LONGEST_ADDRESS = 320
LONGEST_REMARK = 2000

KindName = Literal["accounts", "contacts", "revenue", "activities"]
Row = TypeVar("Row", bound=AccountRow | ContactRow | RevenueRow | ActivityRow)
Verdict = tuple[Row, list[str], list[str]]
"""The row, perhaps completed; its faults; its notes."""


class Field(NamedTuple):
    """Where a field of a row comes from: our column, how its cell is read, and whether the same cells come again."""

    column: str
    read: Reader[Any]
    repeats: bool = True


@dataclass(frozen=True)
class Kind(Generic[Row]):
    """One kind of file. `judge` gets a row and its raw cells; `plain` tells rows it would hand back as they are."""

    name: KindName
    row: type[Row]
    columns: Spellings
    required: Sequence[Sequence[str]]
    fields: Callable[[str], Mapping[str, Field]]
    plain: Callable[[Row], bool]
    judge: Callable[[Row, Any, frozenset[str]], Verdict[Row]]

    @property
    def make(self) -> Callable[[Iterable[Any]], Row]:
        """Return what makes a row of the values of all its fields."""
        return cast("Callable[[Iterable[Any]], Row]", self.row._make)


def _account_fields(delimiter: str) -> dict[str, Field]:
    name, amount = text(LONGEST_NAME), money(delimiter)
    return {
        "external_id": Field("Account ID", name, repeats=False),
        "name": Field("Account Name", name, repeats=False),
        "name_key": Field("Account Name", _key_of(name), repeats=False),
        "parent": Field("Parent Account", name),
        "parent_key": Field("Parent Account", _key_of(name)),
        "industry": Field("Industry", name),
        "country": Field("Country", places.country),
        "time_zone": Field("Time Zone", places.time_zone),
        "manager_name": Field("Account Manager", name),
        "manager_email": Field("Account Manager Email", text(LONGEST_ADDRESS)),
        "renewal_on": Field("Renewal Date", day),
        "review_on": Field("QBR Date", day),
        "annual_value": Field("Annual Value", amount),
        "currency": Field("Currency", places.currency),
        "lifetime_value": Field("Lifetime Value", amount),
        "share_of_wallet": Field("Share of Wallet", share),
        "status": Field("Status", words(ACCOUNT_STATUSES)),
        "embargoed_until": Field("Embargoed Until", day),
    }


def _contact_fields(delimiter: str) -> dict[str, Field]:
    name, address = text(LONGEST_NAME), text(LONGEST_ADDRESS)
    return {
        "external_id": Field("Contact ID", name, repeats=False),
        "account_id": Field("Account ID", name),
        "account_name": Field("Account Name", name),
        "account_key": Field("Account Name", _key_of(name)),
        "first_name": Field("First Name", name),
        "last_name": Field("Last Name", name),
        "email": Field("Email", address, repeats=False),
        "email_key": Field("Email", email_key, repeats=False),
        "job_title": Field("Job Title", name),
        "department": Field("Department", name),
        "level": Field("Job Level", _level),
        "language": Field("Language", places.language),
        "time_zone": Field("Time Zone", places.time_zone),
        "country": Field("Country", places.country),
        "engagement_score": Field("Engagement Score", score),
        "last_invited_on": Field("Last Invited", day),
        "unanswered": Field("Unanswered", count),
        "status": Field("Status", words(CONTACT_STATUSES)),
        "pinned": Field("Pinned", yes_or_no),
        "exclusion_reason": Field("Exclusion Reason", text(LONGEST_REMARK)),
        "embargoed_until": Field("Embargoed Until", day),
        "open_case": Field("Open Case", yes_or_no),
    }


def _revenue_fields(delimiter: str) -> dict[str, Field]:
    name = text(LONGEST_NAME)
    return {
        "account_id": Field("Account ID", name),
        "account_name": Field("Account Name", name),
        "account_key": Field("Account Name", _key_of(name)),
        "starts_on": Field("Revenue Start Date", day),
        "ends_on": Field("Revenue End Date", day),
        "amount": Field("Revenue Amount", money(delimiter), repeats=False),
        "currency": Field("Currency", places.currency),
        "type": Field("Revenue Type", words(REVENUE_TYPES)),
    }


def _activity_fields(delimiter: str) -> dict[str, Field]:
    name = text(LONGEST_NAME)
    return {
        "person_id": Field("Contact ID", name),
        "person_email": Field("Email", text(LONGEST_ADDRESS)),
        "person_key": Field("Email", email_key),
        "key": Field("Activity ID", name, repeats=False),
        "kind": Field("Activity Type", words(ACTIVITY_KINDS)),
        "happened_at": Field("Activity Date", moment),
    }


def _key_of(name: Reader[str | None]) -> Reader[str | None]:
    return lambda cell: name_key(shown) if (shown := name(cell)) else None


def _level(cell: str) -> Level | None:
    word = squashed(visible(cell))
    return LEVELS.get(word, Level.UNKNOWN) if word else None


def _judge_account(row: AccountRow, raw: AccountRow, present: frozenset[str]) -> Verdict[AccountRow]:
    faults = _empty(raw, {"name": "Account Name"})
    faults += _other_currency("Annual Value", str(raw.annual_value), row.currency)
    faults += _other_currency("Lifetime Value", str(raw.lifetime_value), row.currency)
    notes = []
    if row.annual_value is None and "annual_value" in present:
        notes.append("no Annual Value, so the quota is unknown")
    if not visible(raw.external_id):
        row = row._replace(external_id=row.name_key)
    return row, faults, notes


def _judge_contact(row: ContactRow, raw: ContactRow, present: frozenset[str]) -> Verdict[ContactRow]:
    faults, notes = _no_account(raw), []
    if not visible(raw.external_id):
        row = row._replace(external_id=row.email_key or "")
        if not row.external_id:
            faults.append("neither Contact ID nor a valid Email says who this is")
    if row.email is None and "email" in present:
        notes.append("no Email, so this contact cannot be asked")
    elif row.email and row.email_key is None:
        notes.append(f"Email «{shortened(row.email)}» is no valid address, so this contact cannot be asked")
    if row.level is Level.UNKNOWN and squashed(visible(str(raw.level))) not in LEVELS:
        notes.append(f"Job Level «{shortened(str(raw.level))}» is not known; taken as unknown")
    return row, faults, notes


def _judge_revenue(row: RevenueRow, raw: RevenueRow, present: frozenset[str]) -> Verdict[RevenueRow]:
    dates = {"starts_on": "Revenue Start Date", "ends_on": "Revenue End Date"}
    faults = _no_account(raw) + _empty(raw, dates | {"amount": "Revenue Amount"})
    if not faults and row.ends_on < row.starts_on:
        faults.append(f"Revenue End Date {row.ends_on} is before Revenue Start Date {row.starts_on}")
    if row.currency:
        faults += _other_currency("Revenue Amount", str(raw.amount), row.currency)
    currency = row.currency or currency_in(str(raw.amount))
    return row._replace(currency=currency, type=row.type or RevenueType.OTHER), faults, []


def _judge_activity(row: ActivityRow, raw: ActivityRow, present: frozenset[str]) -> Verdict[ActivityRow]:
    faults = _empty(raw, {"kind": "Activity Type", "happened_at": "Activity Date"})
    if not row.person_id and not row.person_key:
        faults.append("neither Contact ID nor a valid Email says whose activity this is")
    if not row.key and None not in (row.kind, row.happened_at):
        row = row._replace(key=made_key(row.kind, row.happened_at))
    return row, faults, []


def _empty(raw: AccountRow | RevenueRow | ActivityRow, columns: Mapping[str, str]) -> list[str]:
    return [f"{column} is empty" for field, column in columns.items() if not visible(getattr(raw, field))]


def _no_account(raw: ContactRow | RevenueRow) -> list[str]:
    named = visible(raw.account_id or "") or visible(raw.account_name or "")
    return [] if named else ["Account Name is empty"]


def _other_currency(column: str, amount: str, currency: str | None) -> list[str]:
    named = currency_in(amount)
    if named is None or named == currency:
        return []
    return [f"{column} «{shortened(amount)}» is in {named}, but Currency is {currency or 'empty'}"]


def _identified(row: ContactRow) -> bool:
    """Tell a row that gives no cause for a note or a fault; nearly all of a million are such."""
    known = row.external_id and row.email_key and (row.account_id or row.account_key)
    return bool(known) and row.level is not Level.UNKNOWN


ACCOUNTS = Kind(
    name="accounts",
    row=AccountRow,
    columns=ACCOUNT_COLUMNS,
    required=(("Account Name",),),
    fields=_account_fields,
    plain=lambda row: False,
    judge=_judge_account,
)
CONTACTS = Kind(
    name="contacts",
    row=ContactRow,
    columns=CONTACT_COLUMNS,
    required=(("Account Name", "Account ID"), ("Contact ID", "Email")),
    fields=_contact_fields,
    plain=_identified,
    judge=_judge_contact,
)
REVENUE = Kind(
    name="revenue",
    row=RevenueRow,
    columns=REVENUE_COLUMNS,
    required=(("Account Name", "Account ID"), ("Revenue Start Date",), ("Revenue End Date",), ("Revenue Amount",)),
    fields=_revenue_fields,
    plain=lambda row: False,
    judge=_judge_revenue,
)
ACTIVITIES = Kind(
    name="activities",
    row=ActivityRow,
    columns=ACTIVITY_COLUMNS,
    required=(("Contact ID", "Email"), ("Activity Type",), ("Activity Date",)),
    fields=_activity_fields,
    plain=lambda row: False,
    judge=_judge_activity,
)
KINDS: Mapping[KindName, Kind[Any]] = {
    "accounts": ACCOUNTS,
    "contacts": CONTACTS,
    "revenue": REVENUE,
    "activities": ACTIVITIES,
}
"""In the order in which they are imported: the others are held against accounts, activities against contacts."""
