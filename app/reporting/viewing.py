"""What the pages of this stage share: the wave in view, and rows made ready to be shown."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from sqlalchemy.orm import Session

from app.accounts.models import Level
from app.core import navigation
from app.reporting.board import Board, latest_wave_id
from app.reporting.overview import SHORTAGE_ALERT
from app.reporting.seen import Seen
from app.reporting.waves import newest_waves

BOARD = "reporting.board"


def wave_in_view(session: Session) -> int | None:
    """Return the wave in the address, else the one a visitor wants to see first, else None."""
    given = request.args.get("wave", "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 18 else latest_wave_id(session)


def show_in_view(session: Session, found: Board | Seen) -> None:
    """Name campaign and wave in the top bar, and keep the kind of page when another wave is chosen."""
    endpoint = request.endpoint or BOARD

    def address(wave_id: int) -> str:
        if endpoint in (BOARD, "reporting.home"):
            return url_for(BOARD, wave_id=wave_id)
        if endpoint == "accounts.index":  # its filters mean the same in every wave
            return navigation.url_with(wave=wave_id, page=None)
        return url_for(endpoint, **{**(request.view_args or {}), "wave": wave_id})

    others = tuple((name, address(id)) for id, name in newest_waves(session) if id != found.wave.id)
    navigation.show(
        navigation.InView(
            campaign=found.campaign.name,
            wave=found.wave.name,
            href=url_for(BOARD, wave_id=found.wave.id),
            others=others,
        )
    )


def account_row(row: dict[str, Any], wave_id: int | None) -> dict[str, Any]:
    """Return a row of accounts with its address and the seats of each level for the glyph."""
    seats = {
        level: {
            "answered": row[f"answers_{level}"],
            "asked": max(row[f"seats_{level}"] - row[f"answers_{level}"], 0),
            "nobody": max(row[f"target_{level}"] - row[f"seats_{level}"], 0),
            "target": row[f"target_{level}"],
        }
        for level in (Level.DECISION_MAKER, Level.INFLUENCER, Level.USER)
    }
    href = url_for("accounts.sheet", account_id=row["id"], wave=wave_id)
    return {**row, "seats": seats, "href": href, "alert": SHORTAGE_ALERT if row["shortage"] else None}
