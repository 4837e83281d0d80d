"""One contract for every metric and every quota preset."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sampling import presets
from app.sampling.quota import QuotaTable, required_contacts
from app.surveys.metrics import BANDS, METRICS, Metric


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_its_bands_rise_with_the_answer_and_all_of_them_are_there(metric: Metric) -> None:
    places = [BANDS.index(metric.band(answer)) for answer in metric.scale]
    assert places == sorted(places)
    assert set(places) == set(range(len(BANDS)))


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
@given(dice=st.data())
def test_no_answers_are_no_score_and_a_score_lies_in_its_interval(metric: Metric, dice: st.DataObject) -> None:
    answers = dice.draw(st.lists(st.sampled_from(list(metric.scale)), max_size=40))
    score = metric.score(answers)
    assert (score is None) == (len(answers) < metric.score_from)
    if score is not None:
        assert score.low <= score.value <= score.high
        assert isinstance(score.value, Fraction)


@pytest.mark.parametrize("name", presets.names())
@given(value=st.integers(-10, 10**12), more=st.integers(0, 10**12))
def test_a_preset_asks_for_somebody_and_never_for_fewer_at_a_higher_value(name: str, value: int, more: int) -> None:
    table = QuotaTable.preset(name)
    asked, asked_more = required_contacts(value, table), required_contacts(value + more, table)
    assert asked is not None
    assert asked_more is not None
    assert 1 <= asked <= asked_more <= table.cap


def test_there_is_no_other_preset() -> None:
    with pytest.raises(KeyError):
        QuotaTable.preset("by_gut_feeling")
