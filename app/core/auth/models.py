"""Tables of who may come in: the people of the admin."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Identity, Index, SmallInteger, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.auth.rights import Role
from app.core.db import Base, stored_enum


class User(Base):
    """A person who may log in; `session_key` changes with the password and ends all open sessions."""

    __tablename__ = "admin_user"
    __table_args__ = (Index("uq_admin_user_email", text("lower(email)"), unique=True),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    email: Mapped[str]
    name: Mapped[str]
    role: Mapped[Role] = mapped_column(stored_enum(Role, "admin_role"), server_default="admin")
    password_hash: Mapped[str]
    session_key: Mapped[str]
    failed_logins: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    locked_until_at: Mapped[datetime | None]
    last_login_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
