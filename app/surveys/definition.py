"""What one survey asks: metric, questions, drivers in two tiers, mail and page texts, in every language.

Lives here: the validated shape of a definition, reading it from YAML or from stored JSON, and errors that
name the path and what would be right. Nothing here renders, stores or sends. A definition never changes
once it is made; its `model_dump(mode="json")` is what a published version keeps.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.surveys.faults import DefinitionError, Fault, explain
from app.surveys.metrics import METRICS, Band
from app.surveys.reading import ReadingError, read_yaml
from app.surveys.texts import LANGUAGES
from app.surveys.wording import Text, fill

FOLDER = Path(__file__).resolve().parents[2] / "survey_templates" / "definitions"

Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
_MOST_DRIVERS = 5

Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ByBand(_Part):
    """A text that depends on the band of the score."""

    promoter: Text = Field(description="the text for promoters")
    passive: Text = Field(description="the text for passives")
    detractor: Text = Field(description="the text for detractors")

    def of(self, band: Band) -> Text:
        """Return the text for people of `band`."""
        return {"promoter": self.promoter, "passive": self.passive, "detractor": self.detractor}[band]


class Driver(_Part):
    """A reason people can tick: a key that never changes and a label that may."""

    key: Key = Field(description="a lasting key such as response_time")
    label: Text = Field(description="the words people tick")
    retired: bool = Field(default=False, description="true when it is no longer asked; what was answered stays")


class TopDriver(Driver):
    """A tier-1 reason with its tier-2 reasons."""

    drivers: tuple[Driver, ...] = Field(default=(), description="the tier-2 reasons")


class ScoreQuestion(_Part):
    """The closed question and the meaning of both ends of its scale."""

    text: Text = Field(description="the question people answer on the scale")
    low: Text = Field(description="what the lowest number means")
    high: Text = Field(description="what the highest number means")


class Verbatim(_Part):
    """An open question, in the words for the band of the score."""

    key: Key = Field(description="a lasting key such as why")
    text: ByBand = Field(description="the question above the field, by band")


class Rating(_Part):
    """One aspect that people rate from 1 to 7."""

    key: Key = Field(description="a lasting key such as trust")
    text: Text = Field(description="the statement or aspect people rate")


class Ratings(_Part):
    """Extra ratings on one scale from 1 to 7, as relationship-quality surveys have them."""

    text: Text = Field(description="the question above the ratings")
    low: Text = Field(description="what 1 means")
    high: Text = Field(description="what 7 means")
    items: tuple[Rating, ...] = Field(min_length=1, max_length=6, description="one to six aspects")


class Questions(_Part):
    """What the page asks, in its order."""

    greeting: Text = Field(description="the line above the question")
    object: Text | None = Field(default=None, description="what {object} stands for, such as «our support»")
    score: ScoreQuestion = Field(description="the closed question: text, low, high")
    reasons: ByBand | None = Field(default=None, description="the question above the drivers, by band")
    drivers: tuple[TopDriver, ...] = Field(default=(), description="the tier-1 reasons")
    ratings: Ratings | None = Field(default=None, description="extra ratings from 1 to 7")
    comments: tuple[Verbatim, ...] = Field(default=(), max_length=2, description="none, one or two open questions")
    contact: Text | None = Field(default=None, description="«may we contact you about this», beside its box")


class Reminder(_Part):
    """The words of a reminder that differ from the first mail."""

    subject: Text = Field(description="the subject of the reminder")
    preheader: Text = Field(description="the line mail programs show after the subject")
    intro: Text = Field(description="one or two sentences before the question")


class MailTexts(Reminder):
    """The words of the invitation and of its reminders, first to last."""

    greeting: Text = Field(description="the salutation")
    closing: Text = Field(description="the line above the sender's name")
    button: Text = Field(description="the link for people who do not see the numbers")
    reminders: tuple[Reminder, ...] = Field(default=(), description="the reminders, first to last")

    def of(self, reminder: int) -> Reminder:
        """Return the words of the invitation (0) or of a reminder; later ones repeat the last."""
        rounds = (self, *self.reminders)
        return rounds[min(reminder, len(rounds) - 1)]


class PromoterLink(_Part):
    """Where promoters may go after their answer: a review site, a referral form."""

    url: Annotated[str, Field(pattern=r"^https://[^\s<>\"]+$")] = Field(description="an address such as https://…")
    label: Text = Field(description="the words of the link")


class Definition(_Part):
    """One survey, complete in every one of its languages."""

    key: Key = Field(description="a lasting key such as relationship_nps")
    title: Text = Field(description="the name of the survey in the admin")
    metric: str = Field(description="nps, ces, csat or enps")
    languages: tuple[Language, ...] = Field(min_length=1, description="language tags such as [en, de]")
    default_language: Language = Field(description="one of the languages")
    questions: Questions = Field(description="the page: greeting, score, reasons, drivers, comment")
    mail: MailTexts = Field(description="the mail: subject, preheader, greeting, intro, closing, button")
    thanks: ByBand = Field(description="the thank-you sentence, by band")
    promoter_link: PromoterLink | None = Field(default=None, description="a link that only promoters see at the end")

    @property
    def scale(self) -> range:
        """The numbers people choose from."""
        return METRICS[self.metric].scale

    def band(self, score: int) -> Band:
        """Return the band of `score`."""
        return METRICS[self.metric].band(score)

    @cached_property
    def driver_paths(self) -> tuple[str, ...]:
        """Every driver that is asked, as `support` or `support/response_time`, in the order of the page."""
        retired = {path for path, driver in self._drivers().items() if driver.retired}
        return tuple(path for path in self._drivers() if not {path, path.partition("/")[0]} & retired)

    def driver_label(self, path: str, lang: str) -> str:
        """Return the label of one driver, retired or not, without its parent's; KeyError when there is none."""
        return self._drivers()[path].label.root[lang][-1]

    def values(self, lang: str, given: Mapping[str, str | None]) -> dict[str, str | None]:
        """Return the values that the texts of this survey are filled with: those `given`, and its own object."""
        about = self.questions.object
        return {**given, "object": fill(about, lang, given) if about else None}

    def _drivers(self) -> dict[str, Driver]:
        found: dict[str, Driver] = {}
        for parent in self.questions.drivers:
            found[parent.key] = parent
            found |= {f"{parent.key}/{child.key}": child for child in parent.drivers}
        return found


def load(path: Path) -> Definition:
    """Return the definition in the YAML file at `path`; DefinitionError, or OSError when it cannot be opened."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise DefinitionError(path.name, (Fault("", f"should be UTF-8 text; byte {error.start} is not"),)) from error
    return parse(text, path.name)


def parse(text: str, name: str) -> Definition:
    """Return the definition written in the YAML `text`; DefinitionError calls it `name`."""
    try:
        content = read_yaml(text)
    except ReadingError as error:
        raise DefinitionError(name, (Fault(error.where, error.problem),)) from error
    return validate(content, name)


def validate(content: object, name: str) -> Definition:
    """Return the definition in `content`, plain JSON values as `model_dump(mode="json")` gives them."""
    try:
        definition = Definition.model_validate(content)
    except ValidationError as error:
        raise DefinitionError(name, tuple(explain(Definition, detail) for detail in error.errors())) from error
    if faults := tuple(_inner_faults(definition)):
        raise DefinitionError(name, faults)
    return definition


def definitions() -> dict[str, Definition]:
    """Return the ready-made surveys by key."""
    return dict(_ready_made())


@cache
def _ready_made() -> tuple[tuple[str, Definition], ...]:
    loaded = (load(path) for path in sorted(FOLDER.glob("*.yaml")))
    return tuple((definition.key, definition) for definition in loaded)


def advice(definition: Definition) -> tuple[Fault, ...]:
    """Return what the definition may do and better would not: it can be published all the same."""
    asked = [driver for driver in definition.questions.drivers if not driver.retired]
    found = []
    if len(asked) > _MOST_DRIVERS:
        found.append(Fault("questions.drivers", f"has {len(asked)} reasons; people read at most {_MOST_DRIVERS}"))
    for place, driver in enumerate(definition.questions.drivers):
        below = sum(not child.retired for child in driver.drivers)
        if below > _MOST_DRIVERS:
            path = f"questions.drivers[{place}].drivers"
            found.append(Fault(path, f"has {below} reasons; people read at most {_MOST_DRIVERS}"))
    return tuple(found)


def _inner_faults(definition: Definition) -> Iterator[Fault]:
    """What one field cannot see alone: languages, keys that occur twice, the metric, what {object} stands for."""
    if definition.metric not in METRICS:
        yield Fault("metric", f"should be one of {', '.join(METRICS)}, not {definition.metric}")
    if definition.default_language not in definition.languages:
        yield Fault("default_language", f"should be one of {', '.join(definition.languages)}")
    yield from _twice("languages", definition.languages)
    for lang in definition.languages:
        if lang not in LANGUAGES:
            yield Fault("languages", f"{lang} is not a language Quorum speaks; there are {', '.join(LANGUAGES)}")
    yield from _key_faults(definition.questions)
    for path, text in _texts(definition, ""):
        yield from _language_faults(path, text, definition.languages)
        yield from _object_faults(definition, path, text)
        if path.endswith(".label") and path.startswith("questions.drivers") and text.has_placeholders:
            yield Fault(path, "should be plain words: a label reads the same for everybody")


def _key_faults(questions: Questions) -> Iterator[Fault]:
    yield from _twice("questions.drivers", [driver.key for driver in questions.drivers])
    for place, driver in enumerate(questions.drivers):
        yield from _twice(f"questions.drivers[{place}].drivers", [child.key for child in driver.drivers])
    yield from _twice("questions.comments", [verbatim.key for verbatim in questions.comments])
    if questions.ratings:
        yield from _twice("questions.ratings.items", [item.key for item in questions.ratings.items])
    if any(not driver.retired for driver in questions.drivers) and questions.reasons is None:
        yield Fault("questions.reasons", "is missing: the question above the drivers, by band")


def _object_faults(definition: Definition, path: str, text: Text) -> Iterator[Fault]:
    if "object" in text.placeholders and path == "questions.object":
        yield Fault(path, "cannot stand for itself; take {object} out")
    elif "object" in text.placeholders and definition.questions.object is None:
        yield Fault(path, "uses {object}, and questions.object does not say what that is")


def _twice(path: str, names: list[str] | tuple[str, ...]) -> Iterator[Fault]:
    for name, times in Counter(names).items():
        if times > 1:
            yield Fault(path, f"{name} is there {times} times; once is right")


def _language_faults(path: str, text: Text, languages: tuple[str, ...]) -> Iterator[Fault]:
    for lang in languages:
        if lang not in text.root:
            yield Fault(f"{path}.{lang}", f"is missing; every text is needed in {', '.join(languages)}")
    for lang in text.root.keys() - set(languages):
        yield Fault(f"{path}.{lang}", f"is a language of its own here; add {lang} to languages or take the text out")


def _texts(part: BaseModel, path: str) -> Iterator[tuple[str, Text]]:
    for name in type(part).model_fields:
        value = getattr(part, name)
        here = f"{path}.{name}".lstrip(".")
        if isinstance(value, Text):
            yield here, value
        elif isinstance(value, BaseModel):
            yield from _texts(value, here)
        elif isinstance(value, tuple):
            for place, item in enumerate(value):
                if isinstance(item, BaseModel):
                    yield from _texts(item, f"{here}[{place}]")
