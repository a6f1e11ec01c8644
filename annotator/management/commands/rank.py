"""`manage.py rank PROJECT`: puts the images that nobody has begun in the order in which they should be annotated."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from annotator.management.base import DomainCommand
from annotator.management.learning import add_where, carry_out
from annotator.management.projects import project_named
from annotator.models import QueueEntry
from annotator.services.ranking import ranking_request

SHOWN = 10


class Command(DomainCommand):
    """Ranks in this process, or leaves it to a worker; prints the first ten."""

    help = "Rank what to annotate next, and print the first of the queue."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("project", metavar="PROJECT", help="name or id")
        add_where(parser)

    def handle(self, *_: Any, **options: Any) -> None:
        project = project_named(options["project"])
        job = ranking_request(project=project, user=None)
        if carry_out(job, options, self.stderr) is None:
            self.stdout.write(str(job.pk))
            return
        entries = QueueEntry.objects.filter(project=project).select_related("image").order_by("position")
        for entry in entries[:SHOWN]:
            minutes = f", about {entry.minutes:g} min" if entry.minutes is not None else ""
            self.stdout.write(f"{entry.position + 1:4}  {entry.image.name}  ({entry.reason}{minutes})")
        self.stdout.write(f"{entries.count()} images in the queue")
