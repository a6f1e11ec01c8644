"""`manage.py create_project NAME --classes FILE`: a project with its palette."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from annotator.core.document import TaskType
from annotator.core.errors import InvalidInput
from annotator.management.base import LOCAL_EMAIL, DomainCommand
from annotator.services.account import user_ensure
from annotator.services.project import project_create

_LINE = re.compile(r"^(?P<name>.+?)(?:\s+(?P<colour>#[0-9a-fA-F]{6}))?$")


class Command(DomainCommand):
    """Prints the project's id alone on the last line."""

    help = "Make a project with the classes of a file, and print its id alone on the last line."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument(
            "--classes",
            type=Path,
            required=True,
            help="JSON: a list of names or of objects as in the API; or text: a name a line, then #rrggbb if wanted",
        )
        parser.add_argument("--task-type", choices=[kind.value for kind in TaskType], default="instance")
        parser.add_argument("--exclusive", action="store_true", help="no two objects may share a pixel")
        parser.add_argument("--owner", default=LOCAL_EMAIL, metavar="EMAIL", help=f"default {LOCAL_EMAIL}")

    def handle(self, *_: Any, **options: Any) -> None:
        project = project_create(
            user=user_ensure(email=options["owner"]),
            name=options["name"],
            task_type=options["task_type"],
            exclusive=options["exclusive"],
            classes=read_classes(options["classes"]),
        )
        self.stderr.write(f"Made {project.name!r} for {options['owner']}:")
        self.stdout.write(str(project.pk))


def read_classes(path: Path) -> list[dict[str, Any]]:
    """The classes of a JSON or text file, each with the arguments of `class_create`.

    Raises:
        CommandError: the file cannot be read. InvalidInput: it is no list of classes.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path}: {error}") from error
    return _from_json(path, text) if path.suffix.lower() == ".json" else _from_text(text)


def _from_json(path: Path, text: str) -> list[dict[str, Any]]:
    try:
        given = json.loads(text)
    except ValueError as error:
        raise InvalidInput(f"{path} is no JSON: {error}") from error
    if isinstance(given, dict):
        given = given.get("classes")
    if not isinstance(given, list) or not all(isinstance(one, str | dict) for one in given):
        raise InvalidInput(f'{path}: expected a list of names or objects, or {{"classes": [...]}}')
    return [{"name": one} if isinstance(one, str) else one for one in given]


def _from_text(text: str) -> list[dict[str, Any]]:
    matches = [_LINE.match(line.strip()) for line in text.splitlines() if line.strip()]
    return [{key: value for key, value in match.groupdict().items() if value} for match in matches if match]
