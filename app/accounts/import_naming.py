"""What somebody says on a form of the kinds and columns of the files of an import."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from app.accounts.import_models import ImportFile
from app.accounts.kinds import KINDS, KindName
from app.accounts.recognising import named

OUT = "(out)"
"""What a file is called that is to be left out."""

Remembered = Callable[[KindName, Sequence[str]], dict[str, str]]


@dataclass
class Naming:
    """By file: its kind (None: left out), the mapping of its columns, and the choices as they were made; and faults."""

    kinds: dict[int, KindName | None] = field(default_factory=dict)
    mappings: dict[int, dict[str, str]] = field(default_factory=dict)
    asked: dict[int, str] = field(default_factory=dict)
    chosen: dict[int, list[str]] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)


def read_naming(files: Sequence[ImportFile], form: Mapping[str, str], remembered: Remembered) -> Naming:
    """Read the fields `kind-<file>` and `column-<file>-<place>`.

    Where the kind is another one than before, the columns are those that people have named before, as far as they have.
    """
    naming = Naming()
    for file in files:
        asked = naming.asked[file.id] = form.get(f"kind-{file.id}", file.kind or "")
        kind = next((name for name in KINDS if name == asked), None)
        if kind is None and asked != OUT:
            naming.faults[f"kind-{file.id}"] = f"Say what {file.name} holds."
        naming.kinds[file.id] = kind
        if kind and kind != file.kind:
            naming.mappings[file.id] = remembered(kind, file.header)
        elif kind:
            _read_columns(naming, file, kind, form)
    return naming


def _read_columns(naming: Naming, file: ImportFile, kind: KindName, form: Mapping[str, str]) -> None:
    said = [form.get(f"column-{file.id}-{place}", "") for place in range(len(file.header))]
    naming.chosen[file.id] = said
    naming.mappings[file.id], wrong = named(file.header, kind, said)
    naming.faults |= {f"column-{file.id}-{place}": sentence for place, sentence in wrong.items()}
