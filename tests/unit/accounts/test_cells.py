"""What single cells say, and that what could mean two things is never guessed."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts import places
from app.accounts.amounts import currency_in, money
from app.accounts.cells import (
    REMEMBERED,
    SHORT,
    Memo,
    Unreadable,
    count,
    day,
    moment,
    score,
    share,
    text,
    words,
    yes_or_no,
)
from app.accounts.models import AccountStatus, ContactStatus, Level, RevenueType
from app.accounts.text import name_key, shortened, squashed, visible
from app.accounts.vocabulary import ACCOUNT_STATUSES, CONTACT_STATUSES, LEVELS, REVENUE_TYPES

READERS: list[Callable[[str], Any]] = [
    *(count, day, moment, score, share, yes_or_no, text(200), money(","), money(";"), words(CONTACT_STATUSES)),
    *(places.country, places.language, places.time_zone, places.currency),
]


@pytest.mark.parametrize(
    ("read", "cell", "value"),
    [
        (day, "2026-02-28", date(2026, 2, 28)),
        (day, " 2024-02-29\u200b", date(2024, 2, 29)),
        (score, "0", 0),
        (score, "100", 100),
        (score, "87.9", 87),
        (score, "87,9", 87),
        (count, "7", 7),
        (share, "0.72", Decimal("0.7200")),
        (share, "0,72", Decimal("0.7200")),
        (share, "72 %", Decimal("0.7200")),
        (share, "1", Decimal("1.0000")),
        (yes_or_no, "Yes", True),
        (yes_or_no, "x", True),
        (yes_or_no, "FALSE", False),
        (yes_or_no, "", False),
        (text(5), "  José\u200b ", "José"),
        (text(5), "Jose\u0301", "José"),
        (text(9), "a\tb\r\nc\x07", "a b  c"),
        (text(5), "-5", "-5"),
        (places.country, "us", "US"),
        (places.country, "USA", "US"),
        (places.country, "United Kingdom", "GB"),
        (places.country, "UK", "GB"),
        (places.country, "Côte d’Ivoire", "CI"),
        (places.country, "Czech Republic", "CZ"),
        (places.language, "EN", "en"),
        (places.language, "pt_br", "pt-BR"),
        (places.language, "German", "de"),
        (places.language, "zh-hans-cn", "zh-Hans-CN"),
        (places.language, "es-419", "es-419"),
        (places.time_zone, "europe/berlin", "Europe/Berlin"),
        (places.time_zone, "W. Europe Standard Time", "Europe/Berlin"),
        (places.currency, "usd", "USD"),
    ],
)
def test_a_cell_is_read(read: Callable[[str], Any], cell: str, value: object) -> None:
    assert read(cell) == value


@pytest.mark.parametrize(
    ("read", "cell", "sentence"),
    [
        (day, "31/02/2026", "YYYY-MM-DD"),
        (day, "20260228", "YYYY-MM-DD"),
        (day, "2026-2-8", "YYYY-MM-DD"),
        (day, "2026-02-30", "no calendar"),
        (day, "0000-01-01", "no calendar"),
        (day, "２０２６-02-28", "YYYY-MM-DD"),
        (score, "high", "0 to 100"),
        (score, "100.5", "0 to 100"),
        (score, "-1", "0 to 100"),
        (score, "nan", "0 to 100"),
        (count, "1.5", "0 to 1000"),
        (count, "-1", "0 to 1000"),
        (count, "99999", "0 to 1000"),
        (share, "72", "72%"),
        (share, "101%", "72%"),
        (share, "-0.1", "72%"),
        (share, "%", "72%"),
        (yes_or_no, "perhaps", "neither yes nor no"),
        (text(5), "=1+1", "formula"),
        (text(5), "\u200b @SUM(1)", "formula"),
        (text(5), "sixsix", "6 characters (at most 5 are allowed)"),
        (words(CONTACT_STATUSES), "married", "active, left, opted out, suppressed"),
        (places.country, "ZZ", "ISO code"),
        (places.country, "EU", "ISO code"),
        (places.country, "001", "ISO code"),
        (places.language, "xx", "ISO code"),
        (places.language, "en-ZZ", "ISO code"),
        (places.language, "und", "ISO code"),
        (places.time_zone, "Mars/Olympus", "IANA"),
        (places.time_zone, "../../etc/passwd", "IANA"),
        (places.time_zone, "Factory", "IANA"),
        (places.currency, "XYZ", "ISO code"),
    ],
)
def test_an_unreadable_cell_says_what_would_be_right(read: Callable[[str], Any], cell: str, sentence: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read(cell)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("cell", "amount"),
    [
        ("440016", "440016.00"),
        ("1234.5", "1234.50"),
        ("1234,56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("1.234,56", "1234.56"),
        ("1,234,567", "1234567.00"),
        ("1.234.567", "1234567.00"),
        ("12,34,567.00", "1234567.00"),
        ("1 234 567,89", "1234567.89"),
        ("1\u202f234\u202f567,89", "1234567.89"),
        ("1'234.50", "1234.50"),
        ("1234.5678", "1234.57"),
        ("0.125", "0.13"),
        ("$1,234.50", "1234.50"),
        ("1.234,50 €", "1234.50"),
        ("USD 12", "12.00"),
        ("-12.5", "-12.50"),
        ("−12.5", "-12.50"),
        ("$-12", "-12.00"),
        ("(1,234.50)", "-1234.50"),
        ("0", "0.00"),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_an_amount_is_read(cell: str, amount: str, delimiter: str) -> None:
    assert str(money(delimiter)(cell)) == amount


@pytest.mark.parametrize(
    "cell",
    [
        "1" + " " * 100_000 + "x",
        "1.2M",
        "5e5",
        "nan",
        "inf",
        "--5",
        "-(5)",
        "(5",
        "1,23,4",
        "1.23.4",
        "1,234.567,8",
        "USD 5 EUR",
        "£",
        "9" * 16,
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_no_amount_says_how_to_write_one(cell: str, delimiter: str) -> None:
    with pytest.raises(Unreadable, match=r"write it as 1234567\.89"):
        money(delimiter)(cell)


def test_what_could_be_two_amounts_is_never_guessed() -> None:
    assert money(",")("1,234") == 1234
    for delimiter, cell in [(";", "1,234"), ("\t", "1,234"), (",", "1.234"), (";", "1.234"), (";", "$1,234")]:
        with pytest.raises(Unreadable, match=r"can mean 1234 or 1\.234"):
            money(delimiter)(cell)


@given(st.decimals(min_value=-(10**14), max_value=10**14, places=2))
def test_every_way_to_write_an_amount_is_the_same_amount(amount: Decimal) -> None:
    english = f"{amount:,.2f}"
    swapped = english.translate(str.maketrans(",.", ".,"))
    for cell in (str(amount), english, swapped, english.replace(",", " "), f"$ {english}", f"{swapped} EUR"):
        assert money(";")(cell) == money(",")(cell) == amount


def test_a_sign_names_a_currency_only_if_it_is_only_one() -> None:
    found = [currency_in(cell) for cell in ("€5", "5 CHF", "£5", "$5", "¥5", "5", "EUR", "")]
    assert found == ["EUR", "CHF", "GBP", None, None, None, None, None]


@pytest.mark.parametrize("read", READERS)
@given(cell=st.text() | st.text(alphabet="0123456789.,-€%()= '", max_size=12))
def test_a_reader_knows_only_values_and_unreadable(read: Callable[[str], Any], cell: str) -> None:
    if not visible(cell):
        assert not read(cell), "an empty cell is never at fault"
    with suppress(Unreadable):
        read(cell)


def test_a_memo_remembers_and_stays_small() -> None:
    asked: list[str] = []

    def read(cell: str) -> str:
        asked.append(cell)
        return cell

    memo = Memo(read)
    assert [memo["a"], memo["a"], memo["x" * (SHORT + 1)]] == ["a", "a", "x" * (SHORT + 1)]
    for number in range(REMEMBERED * 2):
        _ = memo[str(number)]
    assert asked[:3] == ["a", "x" * (SHORT + 1), "0"]
    assert len(memo) <= REMEMBERED


@pytest.mark.parametrize(
    ("meanings", "spoken"),
    [
        (
            LEVELS,
            {
                Level.DECISION_MAKER: ["Decision Maker", "decision-maker", "DM", "C-Level", "A", "A/Strategic"],
                Level.INFLUENCER: ["Influencer", "MANAGER", "B", "B / Tactical", "tactical"],
                Level.USER: ["User", "End user", "end_user", "C", "C/Operational"],
            },
        ),
        (
            CONTACT_STATUSES,
            {
                ContactStatus.ACTIVE: ["active"],
                ContactStatus.LEFT: ["left"],
                ContactStatus.OPTED_OUT: ["opted out", "Opted-Out", "unsubscribed"],
                ContactStatus.SUPPRESSED: ["bounced", "complained", "suppressed", "invalid"],
            },
        ),
        (
            ACCOUNT_STATUSES,
            {
                AccountStatus.ACTIVE: ["active", "Customer"],
                AccountStatus.INACTIVE: ["inactive", "prospect"],
                AccountStatus.CHURNED: ["churned", "lost", "former"],
            },
        ),
        (REVENUE_TYPES, {RevenueType.ARR: ["ARR"], RevenueType.ONE_TIME: ["One Time", "one-time"]}),
    ],
)
def test_the_words_of_crms(meanings: dict[str, object], spoken: dict[object, list[str]]) -> None:
    for meaning, crm_words in spoken.items():
        assert {words(meanings)(word) for word in crm_words} == {meaning}


@given(st.text())
def test_clean_text_is_clean(dirty: str) -> None:
    once = visible(dirty)
    assert visible(once) == once
    assert once == once.strip()
    assert not set(once) & set("\n\r\t\0\u200b\ufeff\u202e")
    assert name_key(name_key(once)) == name_key(once)
    assert len(shortened(dirty)) <= 41


def test_joiners_inside_a_name_stay() -> None:
    assert visible("\u200cمی\u200cخواهم\u200d ") == "می\u200cخواهم"


def test_spellings_of_one_word() -> None:
    assert {squashed(word) for word in ("Contact ID", "contact_id", "CONTACT-ID", " contactId")} == {"contactid"}


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("", None),
        ("2026-11-02", datetime(2026, 11, 2, tzinfo=UTC)),
        ("2026-11-02 09:30", datetime(2026, 11, 2, 9, 30, tzinfo=UTC)),
        (" 2026-11-02T09:30:15.250Z ", datetime(2026, 11, 2, 9, 30, 15, 250_000, tzinfo=UTC)),
        ("2026-11-02T09:30:00+0530", datetime(2026, 11, 2, 4, tzinfo=UTC)),
        ("2026-11-02 00:30 +02", datetime(2026, 11, 1, 22, 30, tzinfo=UTC)),
    ],
)
def test_moments(cell: str, expected: datetime | None) -> None:
    assert moment(cell) == expected


@pytest.mark.parametrize(
    "cell", ["2026-11-02 25:30", "02/03/2026 10:00", "2026-02-30", "0001-01-01 00:00+14:00", "soon"]
)
def test_no_moment(cell: str) -> None:
    with pytest.raises(Unreadable, match=r"is (no date|a moment that no clock shows|a day that no calendar has)"):
        moment(cell)
