"""Pages that show every part of the admin's look at once, with the longest names and the most faults."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import count

from flask import Blueprint, render_template_string
from flask.typing import ResponseReturnValue

from app.core.navigation import InView, show

LONG = "Société Générale d’Emballages Industriels de la Vallée du Rhône " * 5

BOARD = """
{% extends "layout.html" %}
{% from "macros/page.html" import alert, chips, facts, figures, pager, progress, search %}
{% from "macros/table.html" import cell, table %}
{% from "macros/coverage.html" import band, seats, seats_key %}
{% from "macros/form.html" import act %}
{% block title %}Q4 2026: {{ (61 / 100)|percent }} of revenue heard{% endblock %}
{% block lead %}<p>38 of 92 accounts have answered since 2 November.</p>{% endblock %}
{% block actions %}{{ act("/deed", "Send to 1,284 people now", kind="danger") }}{% endblock %}
{% block content %}
{{ figures([
  {"label": "Heard", "value": 61, "unit": "%", "change": "9 points", "trend": "up", "tone": "good", "href": "/page"},
  {"label": "NPS", "value": -29|number, "change": "3 points", "trend": "down", "tone": "bad", "note": "of 40 answers"},
]) }}
{{ alert("6 accounts lack contacts.", title="Somebody is missing") }}{{ alert("Done.", kind="done") }}
{{ alert("Stopped.", kind="danger") }}{{ alert("A note.", kind="note") }}
{{ chips("Accounts", [{"label": "managed by Ana", "remove": url_with(manager=none)}],
         add=[{"label": "in Spain", "href": "?"}]) }}
{{ search("Search accounts") }}
{% call(row, column) table([
  {"key": "name", "label": "Account", "href": "href", "sortable": true},
  {"key": "value", "label": "Annual value", "unit": "EUR", "kind": "number", "sortable": true},
  {"key": "seats", "label": "Decision makers", "kind": "glyph"},
  {"key": "coverage", "label": "Coverage", "kind": "percent"},
], rows, caption="Coverage", sort="-value", note=seats_key()) -%}
{% if column.key == "seats" %}{{ seats(2, 1, 1, label="Decision makers", target=3) }}
{% else %}{{ cell(row, column) }}{% endif %}
{%- endcall %}
{{ pager(2, 50, 192) }}
{{ facts([("Survey", "NPS"), ("Ends", none)]) }}
{{ progress("Sending", 812, 1284, rate="38 a second") }}
<p>{{ band("promoter") }} {{ band("passive") }} {{ band("detractor") }}</p>
{% endblock %}
"""
FORM = """
{% extends "layout.html" %}
{% from "macros/form.html" import checkbox, choice, error_summary, field, prose, submit %}
{% block title %}Plan the next wave{% endblock %}
{% block content %}
{{ error_summary(errors) }}
<form method="post" novalidate>{{ csrf_field() }}
{{ field("name", "Name of the wave", errors=errors, required=true, hint="People see it in reports.") }}
{{ field("ends_on", "Last day", "2027-02-31", errors=errors) }}
{{ choice("quota", "Quota table", [("steps", "Steps")]) }}
{{ prose("why", "Why now") }}{{ checkbox("remind", "Remind", true) }}
{{ submit("Plan this wave for 92 accounts") }}
</form>
{% endblock %}
"""
WIDE = """
{% extends "layout.html" %}
{% from "macros/table.html" import table %}
{% block title %}Everything about every account{% endblock %}
{% block content %}{{ table(columns, rows, caption="Accounts") }}{% endblock %}
"""

WORK = """
{% extends "layout.html" %}
{% from "macros/page.html" import live, progress %}
{% block title %}{{ "Sending" if done < 3 else "All invitations have left" }}{% endblock %}
{% block content %}
{% call live("sending", running=done < 3, seconds=0.05) %}{{ progress("Sending", done, 3) }}{% endcall %}
{% endblock %}
"""


def showcase() -> Blueprint:
    pages = Blueprint("showcase", __name__, url_prefix="/showcase")

    @pages.get("/board")
    def board() -> ResponseReturnValue:
        show(InView("Relationship NPS", "Q4 2026", "/page", (("Q3 2026", "/page?wave=q3"),)))
        return render_template_string(BOARD, rows=accounts())

    @pages.get("/form")
    def form() -> ResponseReturnValue:
        errors = {"name": "Give the wave a name.", "ends_on": "31 February 2027 does not exist."}
        return render_template_string(FORM, errors=errors)

    @pages.get("/wide")
    def wide() -> ResponseReturnValue:
        columns = [{"key": "name", "label": f"Column {place} of many", "href": "href"} for place in range(9)]
        return render_template_string(WIDE, columns=columns, rows=accounts())

    asked = count()

    @pages.get("/work")
    def work() -> ResponseReturnValue:
        return render_template_string(WORK, done=next(asked))

    return pages


def accounts() -> list[dict[str, object]]:
    return [
        {
            "name": LONG if place == 2 else f"Account {place}",
            "href": f"/accounts/{place}",
            "value": Decimal(6_055_836 - place * 100_000),
            "coverage": Fraction(place, 40),
        }
        for place in range(40)
    ]
