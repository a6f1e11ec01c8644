"""`manage.py create_token EMAIL`: an API token for a person, who is made if needed."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from annotator.management.base import DomainCommand
from annotator.services.account import token_create, user_ensure


class Command(DomainCommand):
    """Prints the token alone on the last line, so that a script can take it from there."""

    help = "Make an API token for a person (who is made if needed) and print it alone on the last line."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", default="command line", help="what the token is for")

    def handle(self, *_: Any, **options: Any) -> None:
        user = user_ensure(email=options["email"])
        _token, plain = token_create(user=user, name=options["name"])
        self.stderr.write(f"A token for {user.email}; it is not kept and cannot be shown again:")
        self.stdout.write(plain)
