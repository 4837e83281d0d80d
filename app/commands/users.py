"""`quorum user`: who may log in to the admin."""

from __future__ import annotations

import click

from app.commands.context import actor, installation
from app.core.auth.rights import Role
from app.core.auth.users import add_user, reset_password
from app.core.terminal import console


@click.group()
def user() -> None:
    """People of the admin."""


@user.command("add")
@click.argument("email")
@click.option("--name", required=True, help="The person's name.")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default=Role.ADMIN.value,
    show_default=True,
    help="What for.",
)
def add(email: str, name: str, role: str) -> None:
    """Let a person in, and print a password for the first login."""
    with installation():
        added, password = add_user(email, name, role=Role(role), actor=actor())
    console.print(f"{added.email} may log in with the password: {password}", highlight=False, markup=False)


@user.command("password")
@click.argument("email")
def password(email: str) -> None:
    """Give a person a new password; their open sessions end."""
    with installation():
        fresh = reset_password(email, actor=actor())
    console.print(f"New password of {email}: {fresh}", highlight=False, markup=False)
