"""A page or a mail in a frame of the admin: as its reader sees it, and unable to do anything.

The policy lets a frame style itself in any way, since the script of the admin puts newer words and colours into it.
"""

from __future__ import annotations

import re

from flask import Response

from app.surveys.mails import Mail
from app.surveys.templating import Page

_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data: 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'self'"
)
_SCRIPT = re.compile(r"<script\b.*?</script>", re.DOTALL)


def page_in_frame(page: Page) -> Response:
    """Return `page` for a frame of our own pages, as it is without script."""
    return _framed(_SCRIPT.sub("", page.html))


def mail_in_frame(mail: Mail) -> Response:
    """Return the HTML of `mail` for a frame of our own pages."""
    return _framed(mail.html)


def _framed(html: str) -> Response:
    response = Response(html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = _POLICY
    return response
