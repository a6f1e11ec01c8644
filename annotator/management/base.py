"""What all commands share: an error of the domain becomes a message that names everything wrong, and exit status 1."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotator.core.errors import DomainError
from annotator.database import migrate

LOCAL_EMAIL = "me@localhost"  # the person at this machine, where nobody has an account yet
SHOWN_PROBLEMS = 50


class DomainCommand(BaseCommand):
    """A command whose services may raise errors of the domain. It brings the database up to date before it begins."""

    requires_system_checks: list[str] = []

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            migrate()
            return super().execute(*args, **options)
        except DomainError as error:
            raise CommandError(explained(error)) from error


def explained(error: DomainError) -> str:
    """The error's detail and each of its problems on a line of its own."""
    lines = [error.detail, *(f"  {p.where}: {p.message}" for p in error.problems[:SHOWN_PROBLEMS])]
    if len(error.problems) > SHOWN_PROBLEMS:
        lines.append(f"  … and {len(error.problems) - SHOWN_PROBLEMS} more")
    return "\n".join(lines)
