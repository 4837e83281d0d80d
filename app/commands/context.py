"""What commands share: the open installation, waves by their key, and a name for the audit trail."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select

from app.campaigns.models import Wave
from app.core.db import reading
from app.core.errors import NotFound
from app.core.installation import opened
from app.core.terminal import error_console
from app.settings import Settings


@contextmanager
def installation() -> Iterator[Settings]:
    """Lend the settings of this installation, its services up and this process connected."""
    with opened(os.environ, say=error_console.print) as settings:
        yield settings


def actor() -> str:
    """Return who runs the command, for the audit trail."""
    try:
        return f"command line: {getpass.getuser()}"
    except OSError:
        return "command line"


def wave_by_key(key: str) -> Wave:
    """Return the wave a person means by its key; the newest if two campaigns use the same one. Raises NotFound."""
    with reading() as session:
        found = session.scalar(select(Wave).where(Wave.key == key).order_by(Wave.id.desc()).limit(1))
        if found is None:
            known = session.scalars(select(Wave.key).order_by(Wave.id.desc()).limit(10)).all()
            hint = f"There are: {', '.join(known)}." if known else "There are none yet; make one with: quorum wave new"
            raise NotFound(f"There is no wave «{key}». {hint}")
        return found
