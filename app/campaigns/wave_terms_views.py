"""The page on which a wave that is not planned yet gets its quota table and its fixed rates."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.campaigns.models import Campaign, Wave, WaveState
from app.campaigns.quota_tables import key_of, table_choices
from app.campaigns.rates import FIELD, currencies, missing, read_rates
from app.campaigns.wave_terms import settle_terms
from app.core import navigation
from app.core.auth.rights import Right
from app.core.auth.sessions import actor, needs
from app.core.db import reading
from app.core.errors import NotFound

pages = Blueprint("wave_terms", __name__, template_folder="templates")


@pages.get("/waves/<int:wave_id>/terms")
@needs(Right.EDIT)
def form(wave_id: int) -> str:
    """Show table and rates of a wave, and which currencies of the accounts have no rate."""
    return _page(wave_id, None, {})


@pages.post("/waves/<int:wave_id>/terms")
@needs(Right.EDIT)
def settle(wave_id: int) -> AnyResponse | tuple[str, int]:
    """Keep them, or show what is wrong."""
    given = {name: value.replace("\0", "").strip() for name, value in request.form.items()}
    rates, faults = read_rates(given)
    if not faults:
        try:
            settle_terms(wave_id, table=given.get("table", ""), rates=rates, actor=actor())
        except NotFound as error:
            faults = {"table": str(error)}
    if faults:
        return _page(wave_id, given, faults), 422
    flash("Table and rates are kept. The plan of this wave reckons with them.", "done")
    return redirect(url_for("wave_terms.form", wave_id=wave_id))


def _page(wave_id: int, given: Mapping[str, str] | None, faults: Mapping[str, str]) -> str:
    with reading() as session:
        wave = session.get(Wave, wave_id)
        if wave is None:
            raise NotFound("There is no such wave.")
        campaign, held = session.get_one(Campaign, wave.campaign_id), currencies(session)
        kept = key_of(wave.quota)
        choices = table_choices(session, keep=kept)
    navigation.show(navigation.InView(campaign.name, wave.name, url_for("reporting.board", wave_id=wave_id)))
    return render_template(
        "campaigns/wave_terms.html",
        wave=wave,
        open=wave.state is WaveState.DRAFT,
        choices=choices if kept else [("", "The rows it has"), *choices],
        chosen=kept if given is None else given.get("table", ""),
        held=held,
        unrated=missing(held, wave.currency, wave.rates),
        given=_typed(wave) if given is None else given,
        faults=faults,
    )


def _typed(wave: Wave) -> dict[str, str]:
    return {f"{FIELD}{code}": rate for code, rate in wave.rates.items()}
