"""Files of imports in the database, piece by piece, so that no file ever stands in memory as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from app.accounts.import_models import ImportFile, ImportPiece
from app.core.db import reading

GIVEN = "given"
REJECTED = "rejected"

_PIECE = 1 << 20


def keep(session: Session, file_id: int, part: str, path: Path) -> int:
    """Keep the file at `path` as a part of a file of an import, in place of what was there; return its line ends."""
    drop(session, file_id, part)
    lines = 0
    with path.open("rb") as file:
        for number, content in enumerate(iter(lambda: file.read(_PIECE), b"")):
            row = {"file_id": file_id, "part": part, "number": number, "content": content}
            session.execute(insert(ImportPiece), row)
            lines += content.count(b"\n")
    return lines


def pieces(file_id: int, part: str) -> Iterator[bytes]:
    """Yield a kept file from its beginning, a mebibyte at a time."""
    content = select(ImportPiece.content).where(ImportPiece.file_id == file_id, ImportPiece.part == part)
    with reading() as session:
        for number in count():
            piece = session.scalar(content.where(ImportPiece.number == number))
            if piece is None:
                return
            yield piece


def write_out(file_id: int, path: Path) -> None:
    """Write the file that was given to `path`."""
    with path.open("wb") as file:
        file.writelines(pieces(file_id, GIVEN))


def is_kept(session: Session, file_id: int, part: str) -> bool:
    """Tell whether a part of a file is there (still)."""
    query = select(func.count()).where(ImportPiece.file_id == file_id, ImportPiece.part == part, ImportPiece.number < 1)
    return bool(session.scalar(query))


def drop(session: Session, file_id: int, part: str) -> None:
    """Delete a part of one file."""
    session.execute(delete(ImportPiece).where(ImportPiece.file_id == file_id, ImportPiece.part == part))


def forget(session: Session, run_id: int, *parts: str) -> None:
    """Delete these parts of all files of an import."""
    files = select(ImportFile.id).where(ImportFile.run_id == run_id)
    session.execute(delete(ImportPiece).where(ImportPiece.file_id.in_(files), ImportPiece.part.in_(parts)))
