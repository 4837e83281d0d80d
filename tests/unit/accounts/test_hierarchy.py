"""Who is above whom."""

from hypothesis import given
from hypothesis import strategies as st

from app.accounts.hierarchy import circles


def test_a_long_chain_is_no_circle() -> None:
    assert circles({node: node + 1 for node in range(200_000)}) == set()


def test_only_those_on_the_circle_are_named() -> None:
    assert circles({1: 1, 2: 3, 3: 4, 4: 2, 5: 2, 6: 5, 7: 8}) == {1, 2, 3, 4}


@given(st.dictionaries(st.integers(0, 12), st.integers(0, 12)))
def test_a_circle_comes_back(parents: dict[int, int]) -> None:
    found = circles(parents)
    for start in parents:
        node, seen = parents[start], set()
        while node != start and node in parents and node not in seen:
            seen.add(node)
            node = parents[node]
        assert (start in found) == (node == start)
