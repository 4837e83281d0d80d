"""Quota tables as admins keep them, and the sentence each fault gets."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from app.campaigns.quota_files import read_quota
from app.core.errors import QuorumError
from app.sampling.quota import QuotaTable, required_contacts

ROWS = ((1, 1), (10_000, 3), (100_000, 6))
EXAMPLE = "write two columns, «Annual value at least» and «Contacts», in lines such as 10000,3"


def table_in(folder: Path, text: str | bytes) -> Path:
    path = folder / "table.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize(
    "text",
    [
        "1,1\n10000,3\n100000,6\n",
        "Annual value at least,Contacts\n1,1\n10000,3\n100000,6\n",
        "annual_value;CONTACTS\r\n1;1\r\n10000;3\r\n100000;6",
        "Contacts\tAnnual Value\tremark\n1\t1\tsmall\n3\t10,000.00\t\n6\t100000\tlarge\n",
        '\ufeffvalue,n\n\n1,1\n"10,000",3,,\n,\n$100\'000, 6 \n',
        "from;quota\n1;1\n10 000,00 €;3\n100.000,00;6\n",
        "1,1\n10000,3\n100000,6\n".encode("utf-16"),
    ],
)
def test_the_same_table_in_many_hands(tmp_path: Path, text: str | bytes) -> None:
    assert read_quota(table_in(tmp_path, text)) == QuotaTable(ROWS)


def test_cents_are_kept(tmp_path: Path) -> None:
    assert read_quota(table_in(tmp_path, "0,1\n1000.50,2\n")).rows == ((0, 1), (Decimal("1000.50"), 2))


def test_a_table_may_ask_for_more_than_the_presets_do_unless_it_is_capped(tmp_path: Path) -> None:
    path = table_in(tmp_path, "1,1\n1000000,25\n")
    assert required_contacts(1_000_000, read_quota(path)) == 25
    assert required_contacts(1_000_000, read_quota(path, 20)) == 20
    assert read_quota(table_in(tmp_path, "1,2\n")).cap == 18


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("1,1\nten,3\n", "line 2: the annual value «ten» is no amount"),
        ("value,n\n1,one\n", "line 2: the number of contacts «one» is no whole number from 0 to 1000"),
        ("1,1\n\n10000,2.5\n", "line 3: the number of contacts «2.5» is no whole number from 0 to 1000"),
        ("1,1\n,3\n", f"line 2: the annual value is empty; {EXAMPLE}"),
        ("value,n,remark\n1,,x\n", f"line 2: the number of contacts is empty; {EXAMPLE}"),
        ("1,1\n10000\n", f"line 2: a cell is missing; {EXAMPLE}"),
        ("1,1\n10,000,3\n", f"line 2: there are 3 cells, not 2 (is a comma within an amount?); {EXAMPLE}"),
        ("value,n\n1,100,3\n", f"line 2: there are 3 cells, not 2 (is a comma within an amount?); {EXAMPLE}"),
        ("1,0\n", "line 1 asks for 0 contacts; it must be at least 1"),
        ("value,n\n1,1\n500,3\n500,4\n", "line 4 starts at 500; it must be above 500, the row before"),
        ("1,3\n500,2\n", "line 2 asks for 2 contacts; a higher value never asks for fewer than 3"),
        ("Umsatz,Personen\n1,1\n", f"line 1: «Umsatz», «Personen» is neither a row nor a known header; {EXAMPLE}"),
        ("Annual value at least,Contacts\n", f"there are no rows; {EXAMPLE}"),
        ("\n\n", f"there are no rows; {EXAMPLE}"),
    ],
)
def test_a_fault_is_told_with_its_line_and_what_would_be_right(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(QuorumError) as caught:
        read_quota(table_in(tmp_path, text))
    assert str(caught.value).startswith(f"table.csv: {sentence}")
    assert str(caught.value).endswith(".")


def test_every_faulty_line_is_named_up_to_ten(tmp_path: Path) -> None:
    with pytest.raises(QuorumError) as caught:
        read_quota(table_in(tmp_path, "1,1\n" + "".join(f"x{number},1\n" for number in range(12))))
    assert [f"line {number}:" in str(caught.value) for number in (2, 11, 12)] == [True, True, False]
    assert str(caught.value).endswith("(and 2 more).")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"PK\x03\x04 a workbook", "Excel"),
        (b"1,1\n" * 300_000, "too long for a quota table"),
        (b'1,1\n"10000,3\n', "10000"),
    ],
)
def test_files_that_are_no_table(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(QuorumError, match=words):
        read_quota(table_in(tmp_path, content))


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(QuorumError, match="no file"):
        read_quota(tmp_path / "nowhere.csv")
