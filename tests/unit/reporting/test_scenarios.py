"""What an account's levels say together."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.reporting.scenarios import Voice, of_counts_only, scenarios

LEVELS = ("decision_maker", "influencer", "user", "unknown")


def voice(level: str, target: int = 2, asked: int = 2, bands: str = "", bounced: int = 0) -> Voice:
    return Voice(level, target, asked, bounced, bands.count("p"), bands.count("="), bands.count("d"))


def account(top: str, middle: str = "", users: str = "") -> list[Voice]:
    """An account with two wanted on each level, who answered as the letters say: p, = or d."""
    return [voice(level, bands=bands) for level, bands in zip(LEVELS, (top, middle, users), strict=False)]


def keys(voices: list[Voice], **more: str) -> list[str]:
    return [each.key for each in scenarios(voices, **more)]


def test_decision_makers_low_under_a_high_score() -> None:
    [found] = [each for each in scenarios(account("d", "pp", "pp"), score="60") if each.key == "top_low"]
    assert found.sentence == "The score of 60 hides the top: 1 of 1 decision maker is a detractor."


def test_a_low_top_under_a_low_score_is_not_hidden() -> None:
    assert "top_low" not in keys(account("dd", "d", "p"))


def test_only_users_unhappy() -> None:
    [found] = scenarios(account("p", "p", "dd"))
    assert (found.key, found.sentence) == (
        "only_users_unhappy",
        "Only the users are unhappy: 2 of 2 users are detractors.",
    )


def test_only_influencers_or_only_the_top_unhappy() -> None:
    assert keys(account("p", "d", "p")) == ["only_influencers_unhappy"]
    assert keys(account("d", "=", "p")) == ["only_decision_makers_unhappy"]


def test_two_levels_against_one() -> None:
    assert keys(account("d", "d", "pp")) == ["apart"]


def test_only_decision_makers_heard() -> None:
    assert keys(account("pp")) == ["only_top_heard"]
    assert keys([voice("decision_maker", bands="p"), voice("user", target=0)]) == []


def test_nobody_at_the_top_heard_and_why() -> None:
    def sentence(**top: int) -> str:
        return scenarios([voice("decision_maker", **top), voice("influencer", bands="p")])[0].sentence

    assert sentence(asked=1) == "Nobody at the top has been heard: one decision maker was asked, no answer yet."
    assert sentence(asked=0) == "Nobody at the top has been heard: no decision maker was asked."
    assert sentence(asked=2, bounced=2).endswith("2 decision makers were asked, and every mail came back.")
    assert keys([voice("decision_maker", target=0, asked=0), voice("user", bands="p")]) == []


def test_only_users_heard() -> None:
    assert keys(account("", "", "p")) == ["top_not_heard", "only_users_heard"]


def test_silence_says_what_became_of_the_mails() -> None:
    assert keys([voice("user", asked=0)]) == ["nobody_asked"]
    assert keys([voice("user", asked=3, bounced=3)]) == ["all_bounced"]
    [found] = scenarios([voice("user", asked=3, bounced=1)])
    assert found.sentence == "3 people were asked, and nobody has answered; 1 of the mails came back."
    [alone] = scenarios([voice("user", asked=1)])
    assert alone.sentence == "One person was asked, and nobody has answered."


def test_all_of_one_mind() -> None:
    assert keys(account("p", "p", "p")) == ["all_content"]
    assert keys(account("d", "d", "d")) == ["all_unhappy"]


def test_levels_nobody_knows() -> None:
    assert keys([voice("decision_maker", target=0, asked=0), voice("unknown", target=0, bands="p")]) == [
        "level_unknown"
    ]


def voices() -> st.SearchStrategy[list[Voice]]:
    few = st.integers(0, 3)
    return st.tuples(*(st.builds(Voice, st.just(level), few, few, few, few, few, few) for level in LEVELS)).map(list)


@given(voices())
def test_sentences_are_whole_and_never_contradict(told: list[Voice]) -> None:
    found = scenarios(told)
    names = [each.key for each in found]
    assert len(names) == len(set(names))
    assert all(each.sentence.endswith(".") and "None" not in each.sentence for each in found)
    assert not {"all_content", "all_unhappy"} <= set(names)
    assert not ({"all_content"} & set(names) and any(name.endswith("_unhappy") for name in names))
    if not any(voice.answers for voice in told):
        assert len(found) == 1


@given(voices())
def test_what_counts_alone_tell_is_the_same_whatever_was_said(told: list[Voice]) -> None:
    """A page that may not show what people said shows the same sentences for every way of saying it."""
    happy = [Voice(v.level, v.target, v.asked, v.bounced, v.answers) for v in told]
    assert of_counts_only(scenarios(told)) == of_counts_only(scenarios(happy))
