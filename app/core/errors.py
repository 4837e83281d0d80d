"""Errors that are written for people: what is wrong, where, and what would be right."""

from __future__ import annotations


class QuorumError(Exception):
    """Base of every error whose message may be shown to the person at the keyboard as it is."""


class NotFound(QuorumError):
    """The thing asked for does not exist (any more)."""


class Refused(QuorumError):
    """The act is understood, and is not allowed in the present state; the message says why."""
