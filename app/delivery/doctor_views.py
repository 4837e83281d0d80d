"""The lines of `quorum doctor` as a page: how the installation stands, and what to do about it."""

from __future__ import annotations

from flask import Blueprint, render_template

from app.core.current import settings
from app.delivery.diagnosis import Verdict
from app.delivery.doctoring import examine

pages = Blueprint("doctor", __name__, template_folder="templates")


@pages.get("/doctor")
def index() -> str:
    """Examine the installation now; the page answers when the last check has, or has had its time."""
    findings = examine(settings())
    tally = {verdict.value: sum(finding.verdict is verdict for finding in findings) for verdict in Verdict}
    return render_template("delivery/doctor.html", findings=findings, tally=tally)
