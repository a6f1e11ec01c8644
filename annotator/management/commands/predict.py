"""`manage.py predict PROJECT --model champion`: pre-labels for the project's images."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from annotator.management.base import DomainCommand
from annotator.management.learning import add_where, carry_out
from annotator.management.projects import project_named
from annotator.services.model import model_with_weights
from annotator.services.prediction import SCOPES, predict_start


class Command(DomainCommand):
    """Predicts in this process, or leaves it to a worker. Test images are never predicted."""

    help = "Have a model look at the project's images; what it sees is proposed in the editor."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("project", metavar="PROJECT", help="name or id")
        parser.add_argument("--model", default="champion", help="its number, or `champion` (default)")
        parser.add_argument("--scope", choices=SCOPES, default="unlabelled")
        parser.add_argument("--again", action="store_true", help="also those that it has predicted before")
        add_where(parser)

    def handle(self, *_: Any, **options: Any) -> None:
        project = project_named(options["project"])
        model = model_with_weights(project, options["model"])
        job = predict_start(model=model, user=None, scope=options["scope"], again=options["again"])
        done = carry_out(job, options, self.stderr)
        if done is None:
            self.stdout.write(str(job.pk))
            return
        found = done.result or {}
        self.stdout.write(f"{found['images']} images predicted, {found['failed']} could not be")
