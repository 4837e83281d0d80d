"""Who may do what: a role for each person, and the rights of each role. Pure rules."""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping
from types import MappingProxyType


class Role(enum.StrEnum):
    """What a person is here for; everybody has one role."""

    ADMIN = "admin"
    EDITOR = "editor"
    VIEWER = "viewer"
    ACCOUNT_MANAGER = "account_manager"


class Right(enum.StrEnum):
    """What a page or a deed asks of the person before it."""

    ENTER = "enter"
    """One's own password, and the way out."""
    LOOK = "look"
    EDIT = "edit"
    OVERRIDE = "override"
    """Ask somebody whom the contact rules hold back."""
    NOMINATE = "nominate"
    """Name the people to ask at one's own accounts."""
    ADMINISTER = "administer"
    """The people of the admin and their roles."""
    SEE_REVENUE = "see_revenue"
    """The exact value of an account, and not only the bucket it lies in."""


_RIGHTS: Mapping[Role, frozenset[Right]] = MappingProxyType(
    {
        Role.ADMIN: frozenset(Right) - {Right.SEE_REVENUE},
        Role.EDITOR: frozenset({Right.ENTER, Right.LOOK, Right.EDIT, Right.OVERRIDE, Right.NOMINATE}),
        Role.VIEWER: frozenset({Right.ENTER, Right.LOOK}),
        Role.ACCOUNT_MANAGER: frozenset({Right.ENTER, Right.NOMINATE}),
    }
)

EXACT_REVENUE: frozenset[Role] = frozenset({Role.ADMIN, Role.EDITOR})
"""Who sees exact revenue where an installation says nothing else."""

ROLE_WORDS: Mapping[Role, tuple[str, str]] = MappingProxyType(
    {
        Role.ADMIN: ("Admin", "everything, the people of the admin and their roles too"),
        Role.EDITOR: ("Manager of campaigns", "campaigns, waves, surveys, brands, quota tables and sending"),
        Role.VIEWER: ("Viewer", "looks at everything, changes nothing"),
        Role.ACCOUNT_MANAGER: ("Account manager", "names the people to ask at the accounts in their own care"),
    }
)
"""Each role as people call it, and what it may do."""


def may(role: Role, right: Right, exact_revenue: Collection[Role] = EXACT_REVENUE) -> bool:
    """Tell whether a role has a right; `exact_revenue` are the roles that see exact revenue in this installation."""
    return role in exact_revenue if right is Right.SEE_REVENUE else right in _RIGHTS[role]
