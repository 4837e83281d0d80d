"""Accounts above and below each other. Pure: nodes are numbers, whatever they stand for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping


def circles(parents: Mapping[int, int]) -> set[int]:
    """Return the nodes that come back to themselves on the way up; `parents` holds the parent of each that has one."""
    below = Counter(parents.values())
    left = dict(parents)
    leaves = [node for node in parents if not below[node]]
    while leaves:
        parent = left.pop(leaves.pop())
        below[parent] -= 1
        if not below[parent] and parent in left:
            leaves.append(parent)
    return set(left)
