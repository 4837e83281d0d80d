"""Views of lists that people keep: a name for filters, sort and columns, for oneself or for all; and one's own columns.

A list is known by the endpoint of its page. What a list can be filtered by is the list's own matter: what is kept is
the query of its address.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import Boolean, ForeignKey, Identity, Index, func, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core.audit import record
from app.core.auth.models import User
from app.core.auth.rights import Right, may
from app.core.db import Base, reading, transaction
from app.core.errors import NotFound, Refused

LONGEST_NAME = 80
LONGEST_QUERY = 4000
MOST_VIEWS = 200
"""Views one person may keep of one list."""

PASSING = frozenset({"page", "wave", "view", "csrf_token"})
"""Parameters that belong to the moment and not to a view."""


class SavedView(Base):
    """A name for the query of a list; a shared one is seen by everybody, and changed by its owner and the admins.

    A deleted one keeps its row, so that it can be brought back; `revision` counts the saves.
    """

    __tablename__ = "saved_view"
    __table_args__ = (
        Index(
            "uq_saved_view_name",
            "list_key",
            "owner_id",
            "name",
            unique=True,
            postgresql_where=text("deleted_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    list_key: Mapped[str]
    name: Mapped[str]
    query: Mapped[str]
    owner_id: Mapped[int] = mapped_column(ForeignKey("admin_user.id", ondelete="CASCADE"))
    shared: Mapped[bool] = mapped_column(Boolean, server_default="false")
    revision: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    deleted_at: Mapped[datetime | None]


class KeptColumns(Base):
    """The columns a person wants to see in a list, in their order."""

    __tablename__ = "kept_columns"

    user_id: Mapped[int] = mapped_column(ForeignKey("admin_user.id", ondelete="CASCADE"), primary_key=True)
    list_key: Mapped[str] = mapped_column(primary_key=True)
    columns: Mapped[list[str]]


@dataclass(frozen=True)
class Sketch:
    """A view as somebody typed it."""

    name: str
    query: str
    shared: bool = False

    def faults(self, person: User) -> dict[str, str]:
        """Return what is wrong with it, by field."""
        found = {}
        if not self.name:
            found["name"] = "Give the view a name, so that you find it again."
        elif len(self.name) > LONGEST_NAME:
            found["name"] = f"The name has {len(self.name)} characters; {LONGEST_NAME} are the most."
        if len(self.query) > LONGEST_QUERY:
            found["name"] = "These filters are too many to be kept; take some away."
        if self.shared and not may(person.role, Right.EDIT):
            found["shared"] = "Only people who may change things can share a view with all."
        return found


def lasting(query: str) -> str:
    """Return the query of an address without what belongs to the moment only, such as the page and the wave."""
    return encoded((name, value) for name, value in parse_qsl(query.replace("\0", "")) if name not in PASSING)


def encoded(pairs: Iterable[tuple[str, str]]) -> str:
    """Return these parameters as the query of an address."""
    return urlencode([*pairs])


def views_of(session: Session, list_key: str, person: User) -> list[SavedView]:
    """Return the views of a list that a person sees: their own, then those that others share, by name."""
    seen = or_(SavedView.owner_id == person.id, SavedView.shared)
    query = select(SavedView).where(SavedView.list_key == list_key, seen, SavedView.deleted_at.is_(None))
    return list(session.scalars(query.order_by(SavedView.owner_id != person.id, SavedView.name, SavedView.id)))


def deleted_views(session: Session, list_key: str, person: User) -> list[SavedView]:
    """Return the views of a list that a person may bring back, the last deleted first."""
    query = select(SavedView).where(SavedView.list_key == list_key, SavedView.deleted_at.is_not(None))
    found = session.scalars(query.order_by(SavedView.deleted_at.desc()).limit(MOST_VIEWS))
    return [view for view in found if may_change(view, person)]


def may_change(view: SavedView, person: User) -> bool:
    """Tell whether a person may rename, share or delete a view: its owner, and of a shared one the admins."""
    return view.owner_id == person.id or (view.shared and may(person.role, Right.ADMINISTER))


def saved_view(session: Session, view_id: int, person: User) -> SavedView:
    """Return a view that a person may change; raises NotFound, also for those of others."""
    view = session.get(SavedView, view_id)
    if view is None or not may_change(view, person):
        raise NotFound("There is no such view of yours (any more).")
    return view


def save_view(list_key: str, sketch: Sketch, *, person: User) -> int:
    """Keep a view and return its id; raises Refused when the person has one of that name already."""
    with transaction() as session:
        _one_at_a_time(session, person)
        owned = SavedView.list_key == list_key, SavedView.owner_id == person.id, SavedView.deleted_at.is_(None)
        if session.scalar(select(func.count()).where(*owned)) == MOST_VIEWS:
            raise Refused(f"You keep {MOST_VIEWS} views of this list; delete one first.")
        _refuse_twice(session, list_key, person.id, sketch.name)
        view = SavedView(list_key=list_key, name=sketch.name, query=lasting(sketch.query), owner_id=person.id)
        view.shared = sketch.shared
        session.add(view)
        session.flush()
        _note(session, view, person, "view saved", shared=view.shared)
        return view.id


def change_view(view_id: int, sketch: Sketch, *, revision: int, person: User) -> str:
    """Rename or share a view, or give it other filters, and return its list; raises NotFound, Refused."""
    with transaction() as session:
        _one_at_a_time(session, person)
        view = saved_view(session, view_id, person)
        if view.deleted_at is not None:
            raise Refused("This view was deleted meanwhile; bring it back first.")
        if view.revision != revision:
            raise Refused("Somebody changed this view meanwhile. What you typed is still here; look, and save again.")
        if sketch.name != view.name:
            _refuse_twice(session, view.list_key, view.owner_id, sketch.name)
        before = view.name
        view.name, view.shared, view.query = sketch.name, sketch.shared, lasting(sketch.query)
        view.revision, view.changed_at = revision + 1, func.now()
        _note(session, view, person, "view changed", before=before, after=view.name, shared=view.shared)
        return view.list_key


def delete_view(view_id: int, *, person: User) -> SavedView:
    """Delete a view, which can be brought back; raises NotFound."""
    with transaction() as session:
        view = saved_view(session, view_id, person)
        view.deleted_at = func.now()
        _note(session, view, person, "view deleted")
        session.flush()
        return view


def bring_back_view(view_id: int, *, person: User) -> SavedView:
    """Undo the deletion of a view; raises NotFound, Refused when another one took its name."""
    with transaction() as session:
        _one_at_a_time(session, person)
        view = saved_view(session, view_id, person)
        if view.deleted_at is not None:
            _refuse_twice(session, view.list_key, view.owner_id, view.name)
            view.deleted_at = None
            _note(session, view, person, "view brought back")
        session.flush()
        return view


def keep_columns(list_key: str, columns: list[str], *, person: User) -> None:
    """Keep which columns a person wants to see in a list; none at all means those the list shows by itself."""
    row = {"user_id": person.id, "list_key": list_key, "columns": columns}
    statement = (
        insert(KeptColumns)
        .values(row)
        .on_conflict_do_update(index_elements=["user_id", "list_key"], set_={"columns": columns})
    )
    with transaction() as session:
        session.execute(statement)


def kept_columns(list_key: str, person: User) -> list[str]:
    """Return the columns a person kept for a list, empty when none."""
    with reading() as session:
        kept = session.get(KeptColumns, (person.id, list_key))
        return kept.columns if kept else []


def _one_at_a_time(session: Session, person: User) -> None:
    session.execute(select(User.id).where(User.id == person.id).with_for_update())


def _refuse_twice(session: Session, list_key: str, owner_id: int, name: str) -> None:
    twin = select(SavedView.id).where(SavedView.list_key == list_key, SavedView.owner_id == owner_id)
    if session.scalar(twin.where(SavedView.name == name, SavedView.deleted_at.is_(None))) is not None:
        raise Refused(f"There is a view called «{name}» already; choose another name.")


def _note(session: Session, view: SavedView, person: User, deed: str, **detail: object) -> None:
    record(
        session, actor=person.email, deed=deed, subject=f"view {view.id}", list=view.list_key, name=view.name, **detail
    )
