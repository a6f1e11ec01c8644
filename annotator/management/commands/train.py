"""`manage.py train PROJECT --architecture unet`: a model from the project's labelled images."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser

from annotator.core.errors import NotFound
from annotator.management.base import DomainCommand
from annotator.management.learning import add_where, carry_out
from annotator.management.projects import project_named
from annotator.models import Architecture, DatasetVersion, ModelVersion, Project
from annotator.selectors.training_options import TRAINED
from annotator.services.model import model_with_weights
from annotator.services.training import training_start


class Command(DomainCommand):
    """Trains in this process, or leaves it to a worker. Prints the model's number on the last line."""

    help = "Train a model on the project's labelled images, and print its number on the last line."

    def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> CommandParser:
        # Django's own --version (of Django) gives way to the dataset's.
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **options)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("project", metavar="PROJECT", help="name or id")
        parser.add_argument(
            "--architecture", choices=[one.value for one in TRAINED], default=Architecture.UNET.value
        )
        parser.add_argument("--version", type=int, metavar="N", dest="number",
                            help="the dataset version; the project is frozen as it is when left out")  # fmt: skip
        parser.add_argument("--name", default="", help="of the model")
        parser.add_argument(
            "--parent", metavar="N", help="a model whose weights it begins with, or `champion`"
        )
        parser.add_argument("--weights", default="", metavar="FILE", help="a file in the weights folder")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument(
            "--set", action="append", default=[], metavar="KEY=VALUE", dest="chosen",
            help="a value of the plan, as JSON or text; repeat it for others: --set steps=500 --set encoder=resnet18",
        )  # fmt: skip
        add_where(parser)

    def handle(self, *_: Any, **options: Any) -> None:
        project = project_named(options["project"])
        job = training_start(
            project=project,
            user=None,
            architecture=options["architecture"],
            version=_version(project, options["number"]),
            name=options["name"],
            parent=model_with_weights(project, options["parent"]).pk if options["parent"] else None,
            weights=options["weights"],
            overrides=dict(_pair(text) for text in options["chosen"]),
            seed=options["seed"],
        )
        model = ModelVersion.objects.get(pk=job.parameters["model"])
        done = carry_out(job, options, self.stderr)
        if done is None:
            self.stderr.write(f"A worker will train it: job {job.pk}")
        elif done.result and done.result.get("value") is not None:
            found = done.result
            self.stderr.write(f"{found['metric']} {found['value']:.3f} on the {found['split']} images")
        self.stdout.write(str(model.number))


def _version(project: Project, number: int | None) -> Any:
    if number is None:
        return None
    found = DatasetVersion.objects.filter(project=project, number=number).first()
    if found is None:
        known = ", ".join(
            str(one.number) for one in DatasetVersion.objects.filter(project=project).order_by("number")
        )
        raise NotFound(f"no version {number}; there are {known or 'none'}")
    return found.pk


def _pair(text: str) -> tuple[str, Any]:
    """`steps=500`: the value as JSON, or as text where it is none."""
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise CommandError(f"--set {text}: KEY=VALUE is needed, such as --set steps=500")
    try:
        return key, json.loads(value)
    except ValueError:
        return key, value
