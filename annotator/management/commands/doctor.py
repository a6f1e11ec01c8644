"""`manage.py doctor`: what works here, and how to mend what does not."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from annotator.diagnosis import examine


class Command(BaseCommand):
    """Exits with status 1 when something is broken; a warning is about what one can do without."""

    help = "Check database, broker, storage, disk, front end, worker and accelerator."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--worker-seconds",
            type=float,
            default=15,
            help="how long a worker may take to answer (0: do not ask)",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        signs = {
            "ok": self.style.SUCCESS("ok     "),
            "warning": self.style.WARNING("warning"),
            "broken": self.style.ERROR("BROKEN "),
        }
        broken = 0
        for finding in examine(worker_seconds=options["worker_seconds"]):
            self.stdout.write(f"{signs[finding.state]} {finding.name:<12} {finding.text}")
            if finding.mend:
                self.stdout.write(f"{'':20} -> {finding.mend}")
            broken += finding.state == "broken"
        if broken:
            self.stdout.write(f"{broken} broken")
            sys.exit(1)
