"""`manage.py export_dataset PROJECT OUT --format coco [--version N]`: a frozen version as a ZIP."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any, BinaryIO, cast

from django.core.management.base import CommandError, CommandParser

from annotator.core.errors import NotFound
from annotator.formats.codec import checked_options
from annotator.formats.registry import FORMATS, format_named
from annotator.formats.zip import write_zip
from annotator.management.base import DomainCommand
from annotator.management.progress import ProgressBar
from annotator.management.projects import project_named
from annotator.models import DatasetVersion, Project
from annotator.services.export_job import file_name, frozen_view, has_pictures, watched
from annotator.services.version import version_freeze


class Command(DomainCommand):
    """Writes the same bytes as an export in the browser."""

    help = "Write a frozen version of a project as a ZIP, and print its path alone on the last line."

    def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> CommandParser:
        # Django's own --version (of Django) gives way to the dataset's.
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **options)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("project", metavar="PROJECT", help="name or id")
        parser.add_argument(
            "out", metavar="OUT", type=Path, help="the ZIP to write, or a folder to put it into"
        )
        parser.add_argument("--format", choices=list(FORMATS), default="coco")
        parser.add_argument(
            "--version",
            dest="number",
            type=int,
            help="number of a version; default: freeze the project as it is now",
        )
        parser.add_argument(
            "--option",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="of the format; may be repeated",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        fmt = format_named(options["format"])
        values = checked_options(fmt, dict(_option(word) for word in options["option"]))
        version = self._version(project_named(options["project"]), options["number"])
        out: Path = options["out"]
        target = out / file_name(version, fmt.name) if out.is_dir() else out
        if not target.resolve().parent.is_dir():
            raise CommandError(f"the folder {target.resolve().parent} does not exist")
        bar = ProgressBar(self.stderr)
        view = watched(frozen_view(version), bar.show, passes=2 if has_pictures(values) else 1)
        descriptor, part = tempfile.mkstemp(dir=target.resolve().parent, prefix=".part-")
        try:
            with os.fdopen(descriptor, "w+b") as file:
                members = write_zip(cast("BinaryIO", file), fmt.write(view, values))
                file.flush()
                os.fsync(file.fileno())
            Path(part).chmod(0o644)
            Path(part).replace(target)
        finally:
            Path(part).unlink(missing_ok=True)
        bar.close(
            f"Version {version.number}: {version.image_count} images, {version.object_count} objects, {members} files"
        )
        self.stdout.write(str(target))

    def _version(self, project: Project, number: int | None) -> DatasetVersion:
        if number is None:
            return version_freeze(project=project, user=None)
        found = (
            DatasetVersion.objects.select_related("project").filter(project=project, number=number).first()
        )
        if found is None:
            numbers = (
                DatasetVersion.objects.filter(project=project)
                .order_by("number")
                .values_list("number", flat=True)
            )
            known = ", ".join(map(str, numbers)) or "none"
            raise NotFound(f"{project.name!r} has no version {number}; it has {known}")
        return found


def _option(word: str) -> tuple[str, str | bool]:
    name, equals, value = word.partition("=")
    if not equals:
        raise CommandError(f"--option {word!r} is not NAME=VALUE")
    return name, {"true": True, "false": False}.get(value.lower(), value)
