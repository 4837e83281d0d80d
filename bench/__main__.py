"""`make bench`: all figures, in one table. `--contacts` and `--mails` make them smaller for a quick look."""

from __future__ import annotations

import argparse

from bench import importing, planning, previewing, receipts, reporting, sending, sizes, survey_page, ticking
from bench.harness import show


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=1_000_000, help="contacts of the company (default 1,000,000)")
    parser.add_argument("--mails", type=int, default=100_000, help="mails of a long-lived worker (default 100,000)")
    given = parser.parse_args()
    show(
        [
            *planning.figures(given.contacts),
            *previewing.figures(given.contacts),
            *importing.figures(given.contacts),
            *survey_page.figures(),
            *sizes.figures(),
            *sending.figures(given.mails),
            *receipts.figures(given.mails // 10),
            *ticking.figures(given.contacts),
            *reporting.figures(given.contacts),
        ]
    )
    sizes.show_all()


if __name__ == "__main__":
    main()
