"""Who was it, a person or a mail gateway that opens links for its owner? Pure rules.

Rules: domain section 10. The evidence is kept beside each answer, so that the verdict can be worked out again when
the rules have learnt; nothing is deleted for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

Verdict = Literal["human", "suspect", "machine"]

SOON = timedelta(seconds=10)
"""Nobody opens a mail, reads the question and answers it faster than this after it left."""

TOGETHER = timedelta(seconds=10)
"""Different scores that are confirmed within this time come from somebody who presses every button."""

_MANY_SCORES = 3
_AGENTS = re.compile(
    r"(?<!cu)bot\b|crawl|spider|slurp|scan|preview|validator|monitor|headless|phantomjs|curl/|wget/|libwww|python-|"
    r"go-http-client|java/|okhttp|axios|node-fetch|httpclient|barracuda|mimecast|proofpoint|urldefense|symantec|"
    r"messagelabs|fireeye|trendmicro|sophos|forcepoint|cisco-|ironport|googleimageproxy|bitdefender|safelinks",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one post.

    `seconds` since the mail left, None when that is not known; `scores` different ones confirmed together, this one
    among them; `agent` and `trap` tell of a known program and of a hidden field or link that was touched; `scanned`
    that a gateway looked at the link shortly before.
    """

    seconds: float | None = None
    scores: int = 1
    agent: bool = False
    trap: bool = False
    scanned: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the evidence as it is stored."""
        return asdict(self)

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Evidence:
        """Return stored evidence; what older answers do not have stays at its default."""
        return cls(**{name: value for name, value in stored.items() if name in cls.__slots__})


def verdict(evidence: Evidence) -> Verdict:
    """Return who it was.

    A gateway that looks at a link at the very click of a person is common, so `scanned` alone says nothing.
    """
    if evidence.trap or evidence.agent or evidence.scores >= _MANY_SCORES:
        return "machine"
    soon = evidence.seconds is not None and evidence.seconds < SOON.total_seconds()
    several = evidence.scores > 1
    if soon and (several or evidence.scanned):
        return "machine"
    return "suspect" if soon or several else "human"


def is_known_agent(user_agent: str) -> bool:
    """Return whether a User-Agent header names a program that looks at links; an empty one does too."""
    return not user_agent.strip() or _AGENTS.search(user_agent[:500]) is not None


def seconds_between(start: datetime | None, end: datetime) -> float | None:
    """Return the seconds from `start` to `end`; None where there is no start, or it lies later."""
    if start is None or start > end:
        return None
    return round((end - start).total_seconds(), 1)
