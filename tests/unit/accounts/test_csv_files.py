"""CSV as other programs write it: encodings, delimiters, quotes, and files that are none."""

import csv
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.accounts.csv_files import open_csv
from app.accounts.encodings import LONGEST_LINE, UnusableFile

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252")
TEXT = "Name,City\r\nJosé,Zürich\r\nAda,Paris\r\n"


def made(folder: Path, content: bytes | str) -> Path:
    path = folder / "people.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(folder: Path, content: bytes | str) -> list[tuple[int, list[str], str | None]]:
    return list(open_csv(made(folder, content)).records())


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_encoding_is_found(encoding: str, tmp_path: Path) -> None:
    file = open_csv(made(tmp_path, TEXT.encode(encoding)))
    assert file.header == ["Name", "City"]
    assert list(file.records()) == [(2, ["José", "Zürich"], None), (3, ["Ada", "Paris"], None)]


def test_an_encoding_shows_late(tmp_path: Path) -> None:
    rows = "Ada,Paris\n" * 300_000
    assert open_csv(made(tmp_path, f"Name,City\n{rows}José,Lyon\n".encode("cp1252"))).encoding == "cp1252"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found(delimiter: str, tmp_path: Path) -> None:
    content = delimiter.join(["Name", '"City, or; town"', "Country"]) + "\n" + delimiter.join("abc")
    assert open_csv(made(tmp_path, content)).delimiter == delimiter
    assert read(tmp_path, content) == [(2, ["a", "b", "c"], None)]


def test_excels_hint_of_the_separator(tmp_path: Path) -> None:
    file = open_csv(made(tmp_path, "sep=;\nName,with;City\na;b\n"))
    assert file.header == ["Name,with", "City"]
    assert list(file.records()) == [(3, ["a", "b"], None)]


def test_lines_are_counted_as_an_editor_does(tmp_path: Path) -> None:
    content = '\nName,Note\n\na,"one\ntwo\n\nthree"\n\nb,"x"\n'
    assert read(tmp_path, content) == [(4, ["a", "one\ntwo\n\nthree"], None), (9, ["b", "x"], None)]


def test_a_header_may_have_lines(tmp_path: Path) -> None:
    assert read(tmp_path, '"First\nname",City\na,b\n') == [(3, ["a", "b"], None)]


def test_only_a_header_is_a_file_of_no_rows(tmp_path: Path) -> None:
    assert read(tmp_path, "Name,City") == []


def test_empty_columns_at_the_end_are_no_columns(tmp_path: Path) -> None:
    file = open_csv(made(tmp_path, "Name,City,,\na,b,,\nc,d\ne,f,,g\n"))
    assert file.header == ["Name", "City"]
    assert [(cells[:2], bool(fault)) for _, cells, fault in file.records()] == [
        (["a", "b"], False),
        (["c", "d"], False),
        (["e", "f"], True),
    ]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("only one", "the row has 1 cells, the header has 2"),
        ("a,b,c", "the row has 3 cells, the header has 2"),
        ('"Jo" Smith,Lyon', "text stands after a closing quote"),
        ('a,"never closed', "text stands after a closing quote"),
        ("x" * 140_000 + ",y", "a cell is longer than 131,072 characters"),
        ('a,"two\nlines",c,d', "is a quote not closed?"),
    ],
)
def test_a_bad_row_leaves_its_neighbours_alone(bad: str, reason: str, tmp_path: Path) -> None:
    before, *broken, after = read(tmp_path, f'Name,City\nAda,Paris\n{bad}\nBo,"Rome"\n')
    assert before == (2, ["Ada", "Paris"], None)
    assert after == (4 + bad.count("\n"), ["Bo", "Rome"], None)
    assert reason in (broken[0][2] or "")
    assert all(fault for _, _, fault in broken)


def test_a_quote_that_never_closes_costs_one_row(tmp_path: Path) -> None:
    rows = [f"n{number},c{number}" for number in range(20_000)]
    rows[7] = 'n7,"c7'
    found = read(tmp_path, "Name,City\n" + "\n".join(rows))
    assert [line for line, _, fault in found if fault] == [9]
    assert len(found) == 20_000


def test_an_endless_record_costs_one_row_and_no_memory(tmp_path: Path) -> None:
    cells = ('"' + "x" * 60_000 + '\n",') * 20
    first, *_, last = read(tmp_path, f'Name,City\n{cells}"\n",z\nBo,Rome\n')
    assert (first[0], first[2]) == (2, "the row has more than 1,000,000 characters")
    assert last == (24, ["Bo", "Rome"], None)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"\n \n", "is empty"),
        (b"PK\x03\x04rest", "an Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "an old Excel workbook"),
        (b"\x1f\x8b\x08", "compressed with gzip"),
        (b"Name,City\nA\x00da,Paris\n", "line 2: there are NUL characters"),
        (b"Name,City\n" + b"a,b\n" * 300_000 + b"A\x00da,Paris\n", "line 300002: there are NUL characters"),
        ("Name\nJosé\n".encode() + b"Jos\xe9\n", "line 3: wrong encoding"),
        (b"Name\nBo\nJos\x81\n", "line 3: wrong encoding"),
        ("Name\nJosé\n".encode("utf-16")[:-1], "wrong encoding"),
        (b"\xff\xfe" + b"\x00\xd8" * 8, "wrong encoding"),
        (b"Name,name\na,b\n", "the column «Name» 2 times"),
        (b"Contact ID,contact_id\na,b\n", "the column «Contact ID» 2 times"),
        (b"Name,,City\na,b,c\n", "column 2 has no name"),
        (b"Name\n" + b"x" * (LONGEST_LINE + 1), "longer than 1,000,000 characters"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(content: bytes, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(UnusableFile) as caught:
        open_csv(made(tmp_path, content))
    assert sentence in str(caught.value)
    assert "people.csv" in str(caught.value)


def test_what_is_no_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnusableFile, match="There is no file"):
        open_csv(tmp_path / "none.csv")
    with pytest.raises(UnusableFile, match="a folder"):
        open_csv(tmp_path)
    with pytest.raises(UnusableFile, match="cannot be read"):
        open_csv(tmp_path / "a\0b")


PRINTABLE = "".join(map(chr, range(32, 127)))
CELL = st.text(alphabet=PRINTABLE + "äöüßéñ\n\t", max_size=12)  # whose Windows-1252 never looks like UTF-8
ROWS = st.lists(st.lists(CELL, min_size=3, max_size=3), max_size=8)


@given(rows=ROWS, encoding=st.sampled_from(ENCODINGS), delimiter=st.sampled_from(",;\t"), crlf=st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_what_was_written_is_read(
    rows: list[list[str]], encoding: str, delimiter: str, crlf: bool, tmp_path: Path
) -> None:
    path = tmp_path / "people.csv"
    with path.open("w", encoding=encoding, newline="") as target:
        writer = csv.writer(target, delimiter=delimiter, lineterminator="\r\n" if crlf else "\n")
        writer.writerows([["Name", "City", "Land"], *rows])
    file = open_csv(path)
    assert [(cells, fault) for _, cells, fault in file.records()] == [(row, None) for row in rows]
    first_lines = [line for line, _, _ in file.records()]
    assert first_lines == sorted(set(first_lines))


@given(content=st.binary(max_size=200) | st.text(alphabet='a,;"\n\r\t\ufeff\0é', max_size=60).map(str.encode))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_whatever_the_bytes_are_there_is_no_traceback(content: bytes, tmp_path: Path) -> None:
    path = made(tmp_path, content)
    with suppress(UnusableFile):
        assert all(fault or cells for _, cells, fault in open_csv(path).records())
