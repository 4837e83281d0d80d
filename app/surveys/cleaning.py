"""What is taken out of text that comes from outside, before it is kept or shown.

Pure: the standard library only. Nothing is escaped here (templates do that) and nothing is cut short.
"""

from __future__ import annotations

import re

_LINE_ENDS = re.compile("\r\n|[\r\x85\u2028\u2029]")
# Half characters that no encoding can write (lone surrogates) would make PostgreSQL refuse the whole answer.
# Embedding, override and isolate marks can turn round the text beside them: in a table, in a log, in an export.
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def clean_text(text: str) -> str:
    """Return `text` without control characters and direction overrides; lines end in a single newline.

    Right-to-left writing itself, joiners and every other character of Unicode stay as they are.
    """
    return _UNWANTED.sub("", _LINE_ENDS.sub("\n", text).replace("\t", " ")).strip()


def single_line(text: str) -> str:
    """Return `text` cleaned and on one line, with single spaces: fit for a name in a sentence or a header."""
    return " ".join(clean_text(_UNWANTED.sub(" ", text)).split())
