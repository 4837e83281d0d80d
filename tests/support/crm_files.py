"""CRM exports for tests: small ones by hand, and any mixture of good and bad rows for properties."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from hypothesis import strategies as st

ACCOUNT_HEADER = (
    *("Account ID", "Account Name", "Parent Account", "Industry", "Country", "Account Manager"),
    *("Account Manager Email", "Renewal Date", "Annual Value", "Currency", "Lifetime Value", "Share of Wallet"),
    "Status",
)
CONTACT_HEADER = (
    *("Contact ID", "First Name", "Last Name", "Email", "Account Name", "Job Title", "Department", "Job Level"),
    *("Language", "Time Zone", "Country", "Engagement Score", "Last Invited", "Status"),
)
REVENUE_HEADER = ("Account Name", "Revenue Start Date", "Revenue End Date", "Revenue Amount", "Revenue Type")

ACCOUNT = {
    "Account ID": "A1",
    "Account Name": "Harbour Lights",
    "Industry": "shipping",
    "Country": "US",
    "Account Manager": "Ida Quill",
    "Account Manager Email": "ida.quill@vendor.example",
    "Renewal Date": "2027-01-23",
    "Annual Value": "440016",
    "Currency": "USD",
    "Lifetime Value": "3520128",
    "Share of Wallet": "0.72",
    "Status": "active",
}
CONTACT = {
    "Contact ID": "C1",
    "First Name": "Ada",
    "Last Name": "Byrne",
    "Email": "ada@harbour.example",
    "Account Name": "Harbour Lights",
    "Job Title": "VP Procurement",
    "Department": "Procurement",
    "Job Level": "Decision Maker",
    "Language": "en",
    "Time Zone": "America/Chicago",
    "Country": "US",
    "Engagement Score": "44",
    "Last Invited": "2026-02-27",
    "Status": "active",
}
REVENUE_LINE = {
    "Account Name": "Harbour Lights",
    "Revenue Start Date": "2026-01-01",
    "Revenue End Date": "2026-12-31",
    "Revenue Amount": "440016",
    "Revenue Type": "ARR",
}


def write_csv(path: Path, rows: Sequence[Mapping[str, str]], header: Sequence[str] | None = None) -> Path:
    """Write rows under `header`, or under every column that one of them has."""
    names = header or list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def _one_of(*cells: str) -> st.SearchStrategy[str]:
    return st.sampled_from(cells)


NAMES = _one_of("Harbour Lights", "harbour  lights", "Ölmühle", "OK Computers", "")
ACCOUNT_ROWS = st.fixed_dictionaries(
    {
        "Account ID": _one_of("A1", "A2", "A3", "", "", "=A1"),
        "Account Name": NAMES,
        "Parent Account": _one_of("", "A1", "A2", "A3", "Ölmühle", "Harbour Lights", "Nobody"),
        "Annual Value": _one_of("1000", "", "12,000.50", "much", "€5"),
        "Currency": _one_of("USD", "EUR", ""),
        "Status": _one_of("active", "lost", "", "?"),
    }
)
CONTACT_ROWS = st.fixed_dictionaries(
    {
        "Contact ID": _one_of("C1", "C2", "C3", "C4", "", ""),
        "Email": _one_of("ada@harbour.example", " ADA@Harbour.example", "bo@x.example", "no address", "", "@SUM(1)"),
        "Account ID": _one_of("", "", "", "A1", "A2", "A9"),
        "Account Name": NAMES,
        "Job Level": _one_of("DM", "user", "", "Wizard"),
        "Time Zone": _one_of("Europe/Berlin", "", "Mars/Olympus"),
        "Unanswered": _one_of("", "2", "-1"),
        "Pinned": _one_of("", "yes", "perhaps"),
        "Segment": _one_of("", "gold", 'back\\slash, "quote"\nand line'),
    }
)
