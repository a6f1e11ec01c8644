"""`manage.py import_dataset PROJECT PATH --format auto`: pictures and annotations from a folder or a ZIP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from annotator.formats.registry import AUTO, FORMATS
from annotator.jobs import run_job
from annotator.management.base import SHOWN_PROBLEMS, DomainCommand
from annotator.management.progress import JobBar
from annotator.management.projects import project_named
from annotator.models import Job, JobState


class Command(DomainCommand):
    """Runs the same job as an import in the browser, in this process."""

    help = (
        "Import a folder or a ZIP of pictures and annotations. Prints what came in; tells every bad record."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("project", metavar="PROJECT", help="name or id")
        parser.add_argument("path", metavar="PATH", type=Path, help="a folder or a ZIP")
        parser.add_argument("--format", choices=[AUTO, *FORMATS], default=AUTO)
        parser.add_argument(
            "--replace",
            action="store_true",
            help="also replace annotations that people made (they stay in the history)",
        )
        parser.add_argument(
            "--strict", action="store_true", help="exit with an error when any record was bad"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        path: Path = options["path"].resolve()
        if not path.exists():
            raise CommandError(f"{options['path']} does not exist")
        parameters = {"format": options["format"], "path": str(path), "replace": options["replace"]}
        project = project_named(options["project"])
        # Not rung for: this process runs it.
        job = Job.objects.create(kind="import", project=project, parameters=parameters, max_attempts=1)
        with JobBar(self.stderr, job):
            run_job(job.pk)
        job.refresh_from_db()
        if job.state != JobState.SUCCEEDED or job.result is None:
            raise CommandError(_told(job))
        self._report(job.result)
        if options["strict"] and job.result["problem_count"]:
            raise CommandError(f"{job.result['problem_count']} records were bad")

    def _report(self, result: dict[str, Any]) -> None:
        for problem in result["problems"][:SHOWN_PROBLEMS]:
            self.stderr.write(f"  {problem['where']}: {problem['message']}")
        if result["problem_count"] > SHOWN_PROBLEMS:
            self.stderr.write(f"  … and {result['problem_count'] - SHOWN_PROBLEMS} more")
        counts = ", ".join(f"{count} {name}" for name, count in result["images"].items() if count)
        title = FORMATS[result["format"]].title if result["format"] else "pictures"
        self.stdout.write(
            f"{title}: images {counts or 'none'}; {result['annotations']} annotations; ", ending=""
        )
        self.stdout.write(f"{len(result['classes'])} new classes; {result['problem_count']} problems")


def _told(job: Job) -> str:
    error = job.error or {"detail": f"the import was {job.state}", "errors": []}
    lines = [f"  {one['where']}: {one['message']}" for one in error["errors"][:SHOWN_PROBLEMS]]
    return "\n".join([error["detail"], *lines])
