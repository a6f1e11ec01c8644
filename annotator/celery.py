"""The Celery application: which broker, which queues, and when a worker is on its way out.

Owns no jobs: `annotator/jobs.py` owns what runs, the broker only rings. A worker is started with
`celery --app annotator.celery worker --queues cpu` (or `gpu`, `infer`, `ahead`); `manage.py serve` does that.
"""

from __future__ import annotations

import mmap
import os
import threading
import time
import warnings

from celery import Celery, signals
from celery.platforms import SecurityWarning
from django.conf import settings
from kombu.entity import Exchange, Queue

from annotator import broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotator.settings")
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")  # Django's checks load all URLs: a worker has none
# As root the worker warns of pickled messages; ours are JSON, which is all that it accepts.
warnings.filterwarnings("ignore", category=SecurityWarning)
broker.register()

RUN_JOB = "contorno.run_job"
# gpu: trainings, one at a time for each GPU. infer: predictions and rankings, which never wait behind a training.
# ahead: what may be wanted soon; a worker of its own, so that nothing waits for it.
QUEUES = ("cpu", "gpu", "infer", "ahead")

app = Celery("contorno")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.task_queues = [Queue(name, Exchange(name), routing_key=name) for name in QUEUES]
app.conf.imports = ["annotator.tasks"]

# One byte that a worker shares with its forked children: set when the worker has been told to stop.
_stop_byte = mmap.mmap(-1, 1)


def stopping() -> bool:
    """Whether this worker has been told to stop, so that running jobs should hand themselves back."""
    return _stop_byte[0] != 0


def ring(job_id: str, queue: str) -> None:
    """Tell a worker of the queue that a job waits.

    Raises:
        kombu.exceptions.OperationalError: the broker does not answer; the job waits until it is rung again.
        OSError: the embedded broker's folder cannot be written.
    """
    app.send_task(RUN_JOB, args=[job_id], queue=queue)


@signals.worker_shutting_down.connect
def _tell_children_to_stop(**_: object) -> None:
    _stop_byte[0] = 1


@signals.worker_process_init.connect
def _follow_parent(**_: object) -> None:
    """End this child soon after its worker was killed, so that no orphan goes on with a job."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


@signals.worker_ready.connect
def _say_device(**_: object) -> None:
    """Let a worker of a learning queue keep what its machine computes on, and tidy up; beside its work."""
    from annotator.services.run_folders import run_folders_sweep_safely
    from annotator.services.worker import QUEUES as LEARNING
    from annotator.services.worker import worker_record_safely

    own = [queue for queue in LEARNING if queue in app.amqp.queues.consume_from]
    for queue in own:
        threading.Thread(target=worker_record_safely, args=[queue], daemon=True).start()
    if own:
        threading.Thread(target=run_folders_sweep_safely, daemon=True).start()


@signals.worker_ready.connect
def _start_reaper(**_: object) -> None:
    from annotator import jobs

    threading.Thread(
        target=jobs.reap_forever, args=[settings.JOB_REAP_SECONDS], name="reaper", daemon=True
    ).start()
