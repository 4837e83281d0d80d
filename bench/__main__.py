"""`make bench`: all figures, in one table. `--contacts` makes them smaller for a quick look."""

from __future__ import annotations

import argparse

from bench import importing, planning
from bench.harness import show


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=1_000_000, help="contacts of the company (default 1,000,000)")
    contacts = parser.parse_args().contacts
    show([*planning.figures(contacts), *importing.figures(contacts)])


if __name__ == "__main__":
    main()
