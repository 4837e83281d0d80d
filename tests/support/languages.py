"""What gives a language away: its letters, and small words that no other of ours has."""

from __future__ import annotations

import re

_BASIC = "abcdefghijklmnopqrstuvwxyz"
LETTERS = {
    "en": _BASIC,
    "de": _BASIC + "äöüß",
    "fr": _BASIC + "àâæçéèêëîïôœùûüÿ",
    "es": _BASIC + "áéíñóúü",
    "it": _BASIC + "àèéìòù",
    "pt": _BASIC + "áâãàçéêíóôõú",
    "nl": _BASIC + "êéëïóöü",
    "sv": _BASIC + "åäöé",
    "pl": _BASIC + "ąćęłńóśźż",
}
SCRIPTS = {"ja": r"[\u3041-\u30ff\u3005\u4e00-\u9fff]", "zh": r"[\u4e00-\u9fff]", "ar": r"[\u0621-\u0652]"}
WORDS = {
    "en": {"the", "you", "your", "what", "with", "how", "thank", "this"},
    "de": {"und", "wir", "mit", "nicht", "ihre", "für"},
    "fr": {"vous", "votre", "nous", "avec", "pour"},
    "es": {"nuestra", "gracias", "pregunta", "respuesta", "trabajo"},
    "it": {"che", "nostra", "della", "perciò", "risposta"},
    "pt": {"não", "nossa", "uma", "resposta", "obrigado"},
    "nl": {"wij", "onze", "het", "niet", "uw"},
    "sv": {"och", "att", "inte", "är", "det"},
    "pl": {"się", "państwo", "państwa", "czy", "jest"},
}

_NAMES = re.compile(r"e?NPS|CES|CSAT|\{\w*\}|%\(\w+\)s|https?://\S+|\S+@\S+")


def strangers(text: str, lang: str) -> set[str]:
    """Return the letters and the words in `text` that `lang` does not have; names of metrics and addresses aside."""
    plain = _NAMES.sub(" ", text)
    words = set(re.findall(r"\w+", plain.lower()))
    foreign = {word for other in WORDS.keys() - {lang} for word in words & WORDS[other]}
    own = LETTERS.get(lang)
    for character in {character for character in plain.lower() if character.isalpha()}:
        if not (character in own if own else re.match(SCRIPTS[lang], character)):
            foreign.add(character)
    return foreign
