"""Roles and rights: who may do what."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.auth.rights import EXACT_REVENUE, ROLE_WORDS, Right, Role, may


@pytest.mark.parametrize(
    ("role", "rights"),
    [
        (Role.ADMIN, set(Right)),
        (Role.EDITOR, set(Right) - {Right.ADMINISTER}),
        (Role.VIEWER, {Right.ENTER, Right.LOOK}),
        (Role.ACCOUNT_MANAGER, {Right.ENTER, Right.NOMINATE}),
    ],
)
def test_each_role_has_its_rights_and_no_other(role: Role, rights: set[Right]) -> None:
    assert {right for right in Right if may(role, right)} == rights


@given(st.sampled_from(Role), st.frozensets(st.sampled_from(Role)))
def test_who_sees_exact_revenue_is_for_the_installation_to_say(role: Role, exact: frozenset[Role]) -> None:
    assert may(role, Right.SEE_REVENUE, exact) == (role in exact)


def test_everybody_may_leave_and_only_admins_give_roles() -> None:
    assert all(may(role, Right.ENTER) for role in Role)
    assert [role for role in Role if may(role, Right.ADMINISTER, frozenset(Role))] == [Role.ADMIN]


def test_every_role_has_words() -> None:
    assert set(ROLE_WORDS) == set(Role)
    assert set(Role) >= EXACT_REVENUE
