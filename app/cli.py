"""The `quorum` command: puts the commands together, and turns errors into sentences and exit codes."""

from __future__ import annotations

from typing import Any

import click
from redis import RedisError
from sqlalchemy.exc import OperationalError

from app.commands.demo import demo
from app.commands.doctor import doctor
from app.commands.importing import import_files
from app.commands.plan import plan
from app.commands.reports import recount, report
from app.commands.sample import sample
from app.commands.services import migrate, receipts, scheduler, up, web, worker
from app.commands.suppression import suppression
from app.commands.surveys import survey
from app.commands.users import user
from app.commands.waves import wave
from app.core.errors import QuorumError
from app.core.terminal import fail


class _Quorum(click.Group):
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except QuorumError as error:
            fail(error)
        except OperationalError as error:
            fail(f"The database cannot be used. It says: {error.orig}")
        except RedisError as error:
            fail(f"Redis cannot be used. It says: {error}")


@click.group(cls=_Quorum, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="quorum-survey", prog_name="quorum")
def main() -> None:
    """Quorum hears a quorum of every customer account: enough people, on every level, for what it is worth."""


COMMANDS = (
    *(demo, up, sample, plan, import_files, survey, wave, report, recount, suppression, user),
    *(web, worker, scheduler, receipts, migrate, doctor),
)
for command in COMMANDS:
    main.add_command(command)

if __name__ == "__main__":
    main()
