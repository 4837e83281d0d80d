"""`quorum plan` as people and programs call it: two small files, each decision checked by hand, and every bad input."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app.campaigns.deciding import DECISION_COLUMNS
from app.cli import main

ROOT = Path(__file__).parents[3]
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")

ACCOUNTS = """\
Account ID,Account Name,Annual Value,Currency,Status
B2,Borealis Ltd,10000.00,USD,active
B10,Acme & Sons,100000.25,USD,active
B3,Cumulus,,USD,active
B4,Drift,999.99,USD,churned
"""
CONTACTS = """\
Contact ID,First Name,Email,Account Name,Job Level,Engagement Score,Last Invited,Status
C1,Ada,ada@acme.example,Acme & Sons,DM,50,,active
C2,Bo,bo@acme.example,Acme & Sons,Decision Maker,95,2026-06-01,active
C3,Cy,cy@acme.example,ACME & sons,C-Level,10,2026-10-01,active
C4,Di,di@acme.example,Acme & Sons,Influencer,70,,active
C5,Ed,ed@acme.example,Acme & Sons,User,80,,active
C6,Flo,flo@acme.example,Acme & Sons,User,60,,active
C7,Gus,gus@acme.example,Acme & Sons,User,40,,active
C8,Hal,hal@acme.example,Acme & Sons,,99,,active
C10,Ida,ida@acme.example,Acme & Sons,User,90,,left
C20,Jo,desk@borealis.example,Borealis Ltd,User,30,,active
C21,Kit, DESK@Borealis.example ,Borealis Ltd,User,90,,active
C22,Lu,,Borealis Ltd,User,90,,active
C23,May,may@borealis.example,Borealis Ltd,DM,90,,opted out
C30,Ned,ned@cumulus.example,Cumulus,DM,10,,active
C31,Ola,ola@cumulus.example,Cumulus,DM,20,,active
C40,Pia,pia@drift.example,Drift,DM,20,,active
C90,Quin,quin@nowhere.example,No Such Company,DM,20,,active
C91,=1+1,rex@acme.example,Acme & Sons,DM,20,31/02/2026,active
"""


def _contacts(text: str) -> list[dict[str, Any]]:
    """Read «C1 level decision_maker 1»: contact, reason, level, rank or -."""
    rows = (line.split() for line in text.strip().splitlines())
    return [
        {
            "contact_id": id,
            "decision": "chosen" if reason in {"level", "pooled", "open"} else "excluded",
            "reason": reason,
            "level": level,
            "rank": None if rank == "-" else int(rank),
        }
        for id, reason, level, rank in rows
    ]


def _seats(*four: int) -> dict[str, int]:
    return dict(zip(("decision_maker", "influencer", "user", "unknown"), four, strict=True))


BY_HAND: list[dict[str, Any]] = [
    {
        "account_id": "B10",
        "annual_value": 100000.25,
        "required": 6,
        "seats": _seats(2, 1, 3, 0),
        "shortage": 0,
        "contacts": _contacts(
            """
            C1 level decision_maker 1
            C10 contact_left user -
            C2 level decision_maker 2
            C3 contacted_recently decision_maker -
            C4 level influencer 1
            C5 level user 1
            C6 level user 2
            C7 pooled user 3
            C8 not_needed unknown 1
            """
        ),
    },
    {
        "account_id": "B2",
        "annual_value": 10000,
        "required": 3,
        "seats": _seats(0, 0, 1, 0),
        "shortage": 2,
        "contacts": _contacts(
            """
            C20 level user 1
            C21 duplicate_email user -
            C22 invalid_email user -
            C23 opted_out decision_maker -
            """
        ),
    },
    {
        "account_id": "B3",
        "annual_value": None,
        "required": None,
        "seats": _seats(1, 0, 0, 0),
        "shortage": 0,
        "contacts": _contacts("C30 not_needed decision_maker 2\nC31 level decision_maker 1"),
    },
    {
        "account_id": "B4",
        "annual_value": 999.99,
        "required": 0,
        "seats": _seats(0, 0, 0, 0),
        "shortage": 0,
        "contacts": _contacts("C40 account_inactive decision_maker -"),
    },
]
TOTALS_BY_HAND = {
    "accounts": 4,
    "contacts": 16,
    "required": 9,
    "chosen": 8,
    "chosen_by_level": _seats(3, 1, 4, 0),
    "excluded": 8,
    "excluded_by_reason": {
        "account_inactive": 1,
        "contact_left": 1,
        "opted_out": 1,
        "suppressed": 0,
        "invalid_email": 1,
        "duplicate_email": 1,
        "excluded_by_manager": 0,
        "embargoed": 0,
        "open_case": 0,
        "open_invitation": 0,
        "contacted_recently": 1,
        "not_needed": 2,
    },
    "shortage": 2,
    "accounts_with_shortage": 1,
    "unknown_values": 1,
    "currency": "USD",
    "missing_rates": {},
    "without_currency": 0,
    "rejected_rows": 2,
    "noted_rows": 3,
}

Plan = Callable[..., Result]


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    """Return a function that runs `quorum plan` in a folder with the two files."""
    monkeypatch.chdir(tmp_path)
    Path("accounts.csv").write_text(ACCOUNTS, encoding="utf-8")
    Path("contacts.csv").write_text(CONTACTS, encoding="utf-8")

    def run(*options: str) -> Result:
        return CliRunner().invoke(main, _arguments(*options))

    return run


def _arguments(*options: str) -> list[str]:
    files = ["--accounts", "accounts.csv", "--contacts", "contacts.csv"]
    return ["plan", *files, "--today", "2026-11-02", "--wave", "q4", *options]


def as_json(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    made: dict[str, Any] = json.loads(result.stdout)
    return made


def last_line(result: Result) -> str:
    return result.stderr.rstrip().rpartition("\n")[2]


def error(result: Result) -> str:
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Traceback" not in result.stderr
    return " ".join(result.stderr.split())


def test_the_whole_json_by_hand(plan: Plan) -> None:
    made = as_json(plan("--format", "json"))
    assert list(made) == ["wave", "today", "accounts", "totals", "rejected_rows", "noted_rows"]
    assert (made["wave"], made["today"]) == ("q4", "2026-11-02")
    assert made["accounts"] == BY_HAND
    assert [list(account) for account in made["accounts"]] == [list(BY_HAND[0])] * 4
    assert made["totals"] == TOTALS_BY_HAND
    assert [(row["file"], row["line"]) for row in made["rejected_rows"]] == [("contacts.csv", 18), ("contacts.csv", 19)]
    assert "No Such Company" in made["rejected_rows"][0]["reason"]
    assert all(word in made["rejected_rows"][1]["reason"] for word in ("=1+1", "formula", "31/02/2026", "date"))
    noted = [(row["file"], row["line"]) for row in made["noted_rows"]]
    assert noted == [("accounts.csv", 4), ("contacts.csv", 12), ("contacts.csv", 13)]


def test_whole_amounts_are_whole_numbers_and_others_have_no_artefacts(plan: Plan) -> None:
    assert re.findall(r'"annual_value": ([^,]+),', plan("--json").stdout) == ["100000.25", "10000", "null", "999.99"]


def test_json_is_the_short_word_for_it(plan: Plan) -> None:
    assert plan("--json").stdout == plan("--format", "json").stdout


def test_the_last_line_on_stderr_counts_the_rejected_rows(plan: Plan) -> None:
    for form in ("json", "csv", "table"):
        result = plan("--format", form)
        assert (result.exit_code, last_line(result)) == (0, "20 rows taken, 2 rejected.")


def test_the_order_of_the_rows_does_not_matter(plan: Plan) -> None:
    first = as_json(plan("--json"))
    random = Random(7)
    for name in ("accounts.csv", "contacts.csv"):
        head, *rows = Path(name).read_text(encoding="utf-8").splitlines()
        random.shuffle(rows)
        Path(name).write_text("\n".join([head, *rows]), encoding="utf-8")
    second = as_json(plan("--json"))
    assert (second["accounts"], second["totals"]) == (first["accounts"], first["totals"])


def test_the_same_files_give_the_same_bytes_and_nothing_else_is_written(plan: Plan, tmp_path: Path) -> None:
    assert plan("--json").stdout_bytes == plan("--json").stdout_bytes
    assert sorted(path.name for path in tmp_path.iterdir()) == ["accounts.csv", "contacts.csv"]


def test_csv_has_a_row_for_each_contact(plan: Plan) -> None:
    result = plan("--format", "csv")
    head, *rows = csv.reader(io.StringIO(result.stdout))
    assert tuple(head) == DECISION_COLUMNS
    expected = [
        (account["account_id"], *(str("" if cell is None else cell) for cell in one.values()))
        for account in BY_HAND
        for one in account["contacts"]
    ]
    names = ("account_id", "contact_id", "decision", "reason", "level", "rank")
    assert [tuple(dict(zip(head, row, strict=True))[name] for name in names) for row in rows] == expected
    assert "contacts.csv:18  " in result.stderr


def test_the_plan_can_go_to_a_file(plan: Plan) -> None:
    printed = plan("--json").stdout
    result = plan("--json", "--output", "plan.json")
    assert (result.exit_code, result.stdout) == (0, "")
    assert Path("plan.json").read_text(encoding="utf-8") == printed


@pytest.mark.parametrize("name", ["accounts.csv", "contacts.csv", "table.csv"])
def test_no_input_is_ever_written_over(plan: Plan, name: str) -> None:
    Path("table.csv").write_text("1,1\n", encoding="utf-8")
    before = Path(name).read_bytes()
    Path("elsewhere").symlink_to(name)
    assert f"--output is {name}" in error(plan("--quota", "table.csv", "--output", "elsewhere"))
    assert Path(name).read_bytes() == before


def test_the_table_in_a_pipe_is_plain_text_with_figures_first(plan: Plan) -> None:
    result = plan()
    lines = [line.rstrip() for line in result.stdout.splitlines()]
    assert result.exit_code == 0
    assert "\x1b" not in result.output
    assert lines[0] == "Wave q4, 2 Nov 2026: 8 people to ask in 3 of 4 accounts"
    assert "Accounts      4  1 not active, 1 of unknown value, one person each" in lines
    assert "To ask        8  3 decision makers, 1 influencer, 4 users" in lines
    assert "Seats short   2  in 1 account: not enough contacts for this revenue value" in lines
    rows = [line.split() for line in lines]
    assert ["Acme", "&", "Sons", "100,000", "6", "of", "6", "○○", "○╌", "○○+1"] in rows
    assert ["Borealis", "Ltd", "10,000", "1", "of", "3", "╌", "╌", "○", "2"] in rows
    assert ["Cumulus", "—", "1", "of", "?", "○"] in rows
    assert ["Drift", "1,000", "churned"] in rows
    names = [line.split()[0] for line in lines if line.startswith(("Acme", "Borealis", "Cumulus", "Drift"))]
    assert names == ["Acme", "Borealis", "Cumulus", "Drift"]
    assert ["2", "could", "be", "asked,", "but", "the", "seats", "are", "taken"] in rows
    assert any(line.startswith("  contacts.csv:18  Account Name «No Such Company»") for line in lines)
    assert "quorum import --accounts accounts.csv --contacts contacts.csv" in result.stderr


def test_long_lists_are_cut_and_say_so(plan: Plan) -> None:
    rows = "".join(f"X{number},Company {number},{number},USD,active\n" for number in range(101))
    Path("accounts.csv").write_text(ACCOUNTS.splitlines()[0] + "\n" + rows, encoding="utf-8")
    head, *contacts = CONTACTS.splitlines()
    Path("contacts.csv").write_text("\n".join([head, *contacts, *contacts]), encoding="utf-8")
    shown = plan().stdout
    assert "Accounts by value, the first 100 of 101" in shown
    assert "Rejected rows: 36, the first 20; --format json has all" in shown
    assert len(re.findall(r"contacts\.csv:\d+", shown)) == 20
    assert ("Company 1 " in shown, "Company 0 " in shown) == (True, False)


@pytest.mark.parametrize("columns", [80, 132])
def test_the_table_fits_the_terminal(plan: Plan, columns: int) -> None:
    long = ACCOUNTS.replace("Drift", "The Very Long Company Name of Drift and Daughters 北京 Incorporated")
    Path("accounts.csv").write_text(long, encoding="utf-8")
    shown = _on_a_terminal(columns)
    plain = ESCAPE.sub("", shown)
    assert "\x1b[33m" in shown
    assert re.search(r"account +value, USD .* users +short\b", plain)
    assert "Acme & Sons" in plain
    assert re.search(r"The Very Long .*…", plain)
    assert max(len(line) for line in plain.replace("\r", "\n").splitlines()) <= columns


def _on_a_terminal(columns: int) -> str:
    master, slave = pty.openpty()
    environ = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "FORCE_COLOR"}}
    environ |= {"PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "COLUMNS": str(columns), "LINES": "50"}
    command = [sys.executable, "-m", "app.cli", *_arguments()]
    with subprocess.Popen(command, env=environ, stdin=slave, stdout=slave, stderr=slave):
        os.close(slave)
        shown = b"".join(iter(lambda: _read(master), b""))
    os.close(master)
    return shown.decode()


def _read(master: int) -> bytes:
    try:
        return os.read(master, 4096)
    except OSError:  # Linux says so when the last writer has closed
        return b""


def test_a_reader_that_has_seen_enough_ends_the_command_quietly(plan: Plan) -> None:
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    ours, theirs = os.pipe()
    os.close(ours)
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", *_arguments("--json")],
        env=environ,
        stdout=theirs,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(theirs)
    assert (done.returncode, done.stderr) == (1, "")


def required(result: Result) -> dict[str, int | None]:
    return {account["account_id"]: account["required"] for account in as_json(result)["accounts"]}


def test_another_preset_another_cap_another_table(plan: Plan) -> None:
    assert required(plan("--json")) == {"B10": 6, "B2": 3, "B3": None, "B4": 0}
    assert required(plan("--json", "--preset", "upper_bounds")) == {"B10": 6, "B2": 3, "B3": None, "B4": 0}
    assert required(plan("--json", "--cap", "2")) == {"B10": 2, "B2": 2, "B3": None, "B4": 0}
    Path("table.csv").write_text("Annual value at least;Contacts\n1;2\n100.000,25;30\n", encoding="utf-8")
    assert required(plan("--json", "--quota", "table.csv")) == {"B10": 2, "B2": 2, "B3": None, "B4": 0}
    Path("table.csv").write_text("1,2\n100000,30\n", encoding="utf-8")
    assert required(plan("--json", "--quota", "table.csv"))["B10"] == 30
    assert required(plan("--json", "--quota", "table.csv", "--cap", "9"))["B10"] == 9


def test_the_day_decides_who_was_asked_recently(plan: Plan) -> None:
    def reason(day: str) -> str:
        contacts = as_json(plan("--json", "--today", day))["accounts"][0]["contacts"]
        return next(str(one["reason"]) for one in contacts if one["contact_id"] == "C3")

    assert (reason("2026-12-19"), reason("2026-12-20")) == ("contacted_recently", "pooled")


def test_without_a_day_it_is_the_present_one_and_the_wave_is_a_trial(plan: Plan) -> None:
    made = as_json(
        CliRunner().invoke(main, ["plan", "--accounts", "accounts.csv", "--contacts", "contacts.csv", "--json"])
    )
    assert made["wave"] == "trial"
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", made["today"])


def test_the_wave_decides_among_equals(plan: Plan) -> None:
    people = "".join(f"C{n},Ann,ann{n}@borealis.example,Borealis Ltd,User,5,,active\n" for n in range(50))
    Path("contacts.csv").write_text(CONTACTS.splitlines()[0] + "\n" + people, encoding="utf-8")

    def chosen(wave: str) -> list[str]:
        contacts = as_json(plan("--json", "--wave", wave))["accounts"][1]["contacts"]
        return [one["contact_id"] for one in contacts if one["decision"] == "chosen"]

    assert chosen("q4") == chosen("q4") != chosen("q3")


EUROS = (
    ACCOUNTS.replace("100000.25,USD", "100000.25,EUR").replace("10000.00,USD", "10000.00,EUR").replace(",USD", ",CHF")
)


@pytest.mark.parametrize(
    ("options", "currency", "expected"),
    [
        ([], "EUR", {"B10": 6, "B2": 3}),
        (["--currency", "usd"], "USD", {"B10": None, "B2": None}),
        (["--currency", "USD", "--rate", "EUR=2.2", "--rate", "chf=1.1"], "USD", {"B10": 7, "B2": 4}),
    ],
)
def test_values_are_weighed_in_one_currency(
    plan: Plan, options: list[str], currency: str, expected: dict[str, int | None]
) -> None:
    Path("accounts.csv").write_text(EUROS.replace("B3,Cumulus,,CHF", "B3,Cumulus,1,EUR"), encoding="utf-8")
    result = plan("--json", *options)
    assert as_json(result)["totals"]["currency"] == currency
    assert {id: required(result)[id] for id in expected} == expected


def test_missing_rates_and_currencies_are_told(plan: Plan) -> None:
    Path("accounts.csv").write_text(EUROS + "B5,Eddy,5000,,active\n", encoding="utf-8")
    made = as_json(plan("--json", "--currency", "USD"))
    assert (made["totals"]["missing_rates"], made["totals"]["without_currency"]) == ({"EUR": 2}, 1)
    shown = plan("--currency", "USD").stdout
    assert "EUR: no rate, so the value of 2 accounts is unknown. Give one, such as --rate EUR=1.08" in shown
    assert "No currency: the value of 1 account is taken to be in USD." in shown


def test_columns_can_be_mapped(plan: Plan) -> None:
    Path("accounts.csv").write_text(ACCOUNTS.replace("Account Name", "Kunde"), encoding="utf-8")
    Path("contacts.csv").write_text(CONTACTS.replace("Account Name", "Kunde"), encoding="utf-8")
    assert "Kunde" in error(plan("--json"))
    assert as_json(plan("--json", "--mapping", "Kunde=Account Name"))["accounts"] == BY_HAND


def test_files_of_another_program_give_the_same_plan(plan: Plan) -> None:
    Path("accounts.csv").write_bytes(ACCOUNTS.replace(",", ";").replace("\n", "\r\n").encode("utf-16"))
    Path("contacts.csv").write_bytes(CONTACTS.replace(",", "\t").replace("Ola", "Zoë").encode("cp1252"))
    assert as_json(plan("--json"))["accounts"] == BY_HAND


def test_a_row_with_a_fault_never_stops_the_others(plan: Plan) -> None:
    faulty = (
        f"C50,{'L' * 300},long@acme.example,Acme & Sons,User,5,,active\n"
        "C51,Una,una@acme.example,Acme & Sons,User,high,,active\n"
        "C1,Vic,vic@acme.example,Acme & Sons,User,5,,active\n"
        "C52,Wim\n"
    )
    Path("contacts.csv").write_text(CONTACTS + faulty, encoding="utf-8")
    result = plan("--json")
    made = as_json(result)
    assert made["accounts"] == BY_HAND
    assert [row["line"] for row in made["rejected_rows"]] == [18, 19, 20, 21, 22, 23]
    assert last_line(result) == "20 rows taken, 6 rejected."


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--today", "02.11.2026"], ["«02.11.2026»", "2026-11-02"]),
        (["--today", "2026-02-30"], ["«2026-02-30»"]),
        (["--today", ""], ["2026-11-02"]),
        (["--wave", " "], ["--wave", "such as q4"]),
        (["--wave", "q\x1b4"], ["--wave", "such as q4"]),
        (["--currency", "dollars"], ["--currency", "«dollars»", "USD"]),
        (["--currency", ""], ["--currency", "USD"]),
        (["--rate", "EUR:1.08"], ["EUR=1.08"]),
        (["--rate", "EUR=-1"], ["EUR=1.08"]),
        (["--rate", "USD=1.1"], ["USD is the currency of this plan"]),
        (["--mapping", "Kunde"], ["Kunde", "="]),
        (["--mapping", "Kunde=Colour"], ["«Colour»", "Account Name"]),
        (["--cap", "0"], ["--cap", "1"]),
        (["--preset", "cubic"], ["cubic", "logarithmic", "steps", "upper_bounds"]),
        (["--preset", "steps", "--quota", "table.csv"], ["--quota", "--preset"]),
        (["--quota", "table.csv"], ["There is no file table.csv."]),
        (["--format", "xml"], ["xml", "json"]),
        (["--output", "nowhere/plan.json"], ["nowhere/plan.json cannot be written"]),
        (["--accounts", "nowhere.csv"], ["There is no file nowhere.csv."]),
        (["--contacts", "."], ["folder"]),
    ],
)
def test_a_wrong_option_gets_a_sentence_and_exit_code_2(plan: Plan, options: list[str], words: list[str]) -> None:
    sentence = error(plan(*options))
    assert [word for word in words if word not in sentence] == []


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("accounts.csv", b"", "accounts.csv is empty"),
        ("contacts.csv", b"PK\x03\x04rest", "Excel"),
        ("accounts.csv", b"Account ID,Annual Value\nB1,5\n", "Account Name"),
        ("contacts.csv", CONTACTS.encode() + "C60,Zoë,".encode() + b"\xff\xfe\n", "encoding"),
    ],
)
def test_a_file_that_cannot_be_used_gets_a_sentence_and_exit_code_2(
    plan: Plan, name: str, content: bytes, words: str
) -> None:
    Path(name).write_bytes(content)
    assert words in error(plan("--json"))


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ("1,1\n5000,x\n", "line 2: the number of contacts «x» is no whole number"),
        ("1,3\n5000,2\n", "line 2 asks for 2 contacts; a higher value never asks for fewer than 3"),
    ],
)
def test_a_quota_table_that_cannot_be_meant_names_its_line(plan: Plan, table: str, sentence: str) -> None:
    Path("table.csv").write_text(table, encoding="utf-8")
    assert f"table.csv: {sentence}" in error(plan("--quota", "table.csv"))


def test_help_tells_the_exit_codes(plan: Plan) -> None:
    shown = " ".join(CliRunner().invoke(main, ["plan", "--help"]).stdout.split())
    assert "Exit code 0: the plan was made, whatever rows were rejected. 2:" in shown
