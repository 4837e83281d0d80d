"""Tables of what we ask: surveys as they are being designed, and published versions, which never change."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Identity, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base


class StoredLogo(Base):
    """A logo under the name of exactly this picture; it stays when a brand takes another: mails go on showing it."""

    __tablename__ = "logo"

    digest: Mapped[str] = mapped_column(primary_key=True)
    png: Mapped[bytes]
    kept_at: Mapped[datetime] = mapped_column(server_default=func.now())


class StoredBrand(Base):
    """A brand as an admin keeps it; `app.surveys.brands` has its rules, `revision` counts the saves."""

    __tablename__ = "brand"
    __table_args__ = (Index("uq_brand_is_default", "is_default", unique=True, postgresql_where=text("is_default")),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    sender_name: Mapped[str]
    sender_address: Mapped[str]
    reply_to: Mapped[str]
    postal_address: Mapped[str]
    colour: Mapped[str]
    text_colour: Mapped[str | None]
    footer: Mapped[str]
    privacy_url: Mapped[str | None]
    logo_digest: Mapped[str | None] = mapped_column(ForeignKey("logo.digest"))
    is_default: Mapped[bool] = mapped_column(server_default="false")
    revision: Mapped[int] = mapped_column(server_default="1")
    archived_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_by: Mapped[str | None]


class Survey(Base):
    """A survey being designed: `draft` is a definition that may still have faults.

    `revision` counts the saves, so that two people who edit at once do not overwrite each other.
    """

    __tablename__ = "survey"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    draft: Mapped[dict[str, Any]]
    revision: Mapped[int] = mapped_column(server_default="1")
    brand_id: Mapped[int | None] = mapped_column(ForeignKey("brand.id"))
    archived_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_by: Mapped[str | None]


class SurveyRevision(Base):
    """A draft as it was saved once: what an editor started from, and what one can go back to."""

    __tablename__ = "survey_revision"

    survey_id: Mapped[int] = mapped_column(ForeignKey("survey.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    draft: Mapped[dict[str, Any]]
    saved_at: Mapped[datetime] = mapped_column(server_default=func.now())
    saved_by: Mapped[str | None]


class SurveyVersion(Base):
    """One published state of a survey: answers keep pointing at the words people saw.

    `mails` are the mails compiled at publishing, by language; `brand_id` names the brand, whose look may change.
    """

    __tablename__ = "survey_version"
    __table_args__ = (UniqueConstraint("key", "version"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    key: Mapped[str]
    version: Mapped[int]
    definition: Mapped[dict[str, Any]]
    brand_id: Mapped[int | None] = mapped_column(ForeignKey("brand.id"))
    mails: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    published_at: Mapped[datetime] = mapped_column(server_default=func.now())
    published_by: Mapped[str | None]
