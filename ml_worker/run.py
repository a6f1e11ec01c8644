"""The process that learns and predicts: `python -m ml_worker.run RUN_FOLDER`, see `run_folder.py` for what lies there.

Owns the process: signals, its parent, threads, seeds, the request's dispatch, result or error. Does not own any task
but the sequence of a training. Several GPUs: `accelerate launch --multi_gpu -m ml_worker.run RUN_FOLDER`; then all
processes train and the main one writes.

Exit status: 0 done, 3 error.json says why not, 1 a bug (the traceback is on stderr), 143 after SIGTERM. SIGTERM stops
at once; files are renamed into place, so the last checkpoint stays whole. The variable CONTORNO_PARENT (a process id)
ties its life to that process.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from annotator.core.errors import DomainError, InvalidInput, Unavailable
from annotator.core.words import _
from ml_worker.memory import keep_freed_memory
from ml_worker.run_folder import ERROR, FAILED, REQUEST, RESULT, Events, read_json, write_error, write_json

if TYPE_CHECKING:
    from torch import nn

    from ml_worker.folder import Dataset
    from ml_worker.train import Outcome

LOOK_SECONDS = 1.0  # between looks at the parent
TASKS = ("plan", "train", "bring", "evaluate", "predict", "rank")
MODEL = "model"  # the folder that a training leaves in its run folder


def main(arguments: list[str]) -> int:
    """Carry out the request in a run folder.

    Args:
        arguments: the folder.

    Returns:
        The exit status.
    """
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        sys.stderr.write("usage: python -m ml_worker.run RUN_FOLDER\n")
        return 2
    folder = Path(arguments[0]).resolve()
    writes = os.environ.get("RANK", "0") == "0"
    signal.signal(signal.SIGTERM, _terminate)
    follow_parent(os.environ.get("CONTORNO_PARENT"))
    keep_freed_memory()
    for name in (RESULT, ERROR):
        if writes:
            (folder / name).unlink(missing_ok=True)
    try:
        request = read_json(folder / REQUEST)
        if request is None:
            raise InvalidInput(
                _("%(name)s: there is none in %(folder)s") % {"name": REQUEST, "folder": folder}
            )
        result = carry_out(request, folder, Events(folder if writes else None))
    except DomainError as problem:
        return _failed(folder, problem, writes)
    except (OSError, RuntimeError, MemoryError) as problem:
        known = _as_domain_error(problem, folder)
        if known is None:
            raise
        return _failed(folder, known, writes)
    if writes:
        write_json(folder / RESULT, result)
    return 0


def carry_out(request: Mapping[str, Any], folder: Path, events: Events) -> dict[str, Any]:
    """Carry out a request; the tasks are in `docs/learning_formats.md`.

    Raises:
        InvalidInput: there is no such task, or it can't be done.
    """
    task = request.get("task")
    if task == "plan":
        from ml_worker.plan import plan_task

        return plan_task(request)
    if task == "train":
        return train_task(request, folder, events)
    if task == "bring":
        from ml_worker.onnx_model import bring_task

        return bring_task(request, folder)
    if task == "evaluate":
        from ml_worker.evaluation import evaluate_task

        return evaluate_task(request, folder, events)
    if task == "predict":
        from ml_worker.infer import predict_task

        return predict_task(request, folder, events)
    if task == "rank":
        from ml_worker.ranking import rank_task

        return rank_task(request, folder, events)
    raise InvalidInput(_("task: %(name)r is none of %(names)s") % {"name": task, "names": ", ".join(TASKS)})


# Training


def train_task(request: Mapping[str, Any], folder: Path, events: Events) -> dict[str, Any]:
    """Train, choose settings, export, measure.

    Raises:
        InvalidInput: dataset, plan or weights are not usable, or the loss is not finite.
        Unavailable: no memory or disk.
    """
    import torch

    from ml_worker.data import with_validation
    from ml_worker.folder import read_folder
    from ml_worker.nets.build import build
    from ml_worker.recipe import recipe_for
    from ml_worker.team import find_team
    from ml_worker.train import fit, load_best
    from ml_worker.warm_start import begin

    events.progress(0.0, "reading_dataset")
    seed = request.get("seed")
    plan = dict(request["plan"]) if seed is None else {**request["plan"], "seed": int(seed)}
    frozen = read_folder(folder / request["dataset"])
    dataset = with_validation(frozen, plan["seed"])
    _say_what_is_missing(frozen, dataset, plan, events)
    team = find_team()
    if "OMP_NUM_THREADS" not in os.environ:  # torch counts cores of the machine, not those that we may use
        torch.set_num_threads(
            len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        )
    torch.manual_seed(plan["seed"])
    net = build(plan)
    begun = begin(
        net,
        plan,
        parent=_path(folder, request.get("parent_weights")),
        parent_plan=request.get("parent_plan"),
        file=_path(folder, request.get("weights_file")),
    )
    events.log(begun.text, "warning" if begun.weights == "scratch" != plan["weights"] else "info")
    outcome = fit(
        net, dataset, plan, recipe_for(plan), folder=folder, events=events, team=team,
        resume=bool(request.get("resume")),
    )  # fmt: skip
    if not team.main:
        return {}
    return finish(load_best(net, outcome), dataset, outcome, request=request, folder=folder, events=events)


def finish(
    net: nn.Module,
    dataset: Dataset,
    outcome: Outcome,
    *,
    request: Mapping[str, Any],
    folder: Path,
    events: Events,
) -> dict[str, Any]:
    """Turn the best weights into a model folder, exports and metrics: the result of a training."""
    from ml_worker.model_folder import WEIGHTS, with_defaults, write_model

    plan = outcome.plan
    class_map = [
        {key: one.get(key) for key in ("index", "name", "colour", "is_thing")} for one in plan["classes"]
    ]
    settings = with_defaults({"detections": plan.get("detections"), "tiling": plan.get("tiling")})
    shutil.rmtree(folder / MODEL, ignore_errors=True)
    (folder / MODEL).mkdir()
    shutil.copyfile(outcome.weights, folder / MODEL / WEIGHTS)

    def write() -> None:
        write_model(
            folder / MODEL, architecture=plan["architecture"], purpose=plan["purpose"], plan=plan,
            class_map=class_map, settings=settings,
        )  # fmt: skip

    write()
    if plan["architecture"] == "click":
        exported, measured = _finish_click(net, dataset, plan, request=request, folder=folder, events=events)
    else:
        measured = _measure(dataset, plan, folder / MODEL, events)
        settings = measured["settings"]
        write()
        exported = _export(net, plan, settings, folder, events)
    return {
        "state": outcome.state,
        "metrics": measured["metrics"],
        "settings": measured["settings"],
        "class_map": class_map,
        "files": {"weights": f"{MODEL}/{WEIGHTS}", **exported["files"]},
        "checks": exported["checks"],
        "seconds": round(outcome.seconds, 1),
        "steps": outcome.step,
        "best_step": outcome.best_step,
        "plan": plan,
        "code_version": code_version(),
    }


def _measure(dataset: Dataset, plan: Mapping[str, Any], model: Path, events: Events) -> dict[str, Any]:
    from ml_worker.evaluation import measured
    from ml_worker.model_folder import read_model
    from ml_worker.train import TRAINING_SHARE

    split = "test" if dataset.of_split("test") else "val"
    if split == "val":
        events.log(
            _(
                "there is no labelled test image: measured on the validation images, which chose the checkpoint"
            ),
            "warning",
        )
    found = read_model(model)
    return measured(found, dataset, plan, split=split, events=events, choose=True, begin=TRAINING_SHARE)


def _export(
    net: nn.Module, plan: Mapping[str, Any], settings: Mapping[str, Any], folder: Path, events: Events
) -> dict[str, Any]:
    from ml_worker.export import export_model

    events.progress(1.0, "exporting")
    done = export_model(
        net, plan, folder / "export", settings=settings, log=lambda text: events.log(text, "warning")
    )
    files = {name: str(path.relative_to(folder)) for name, path in done.files.items()}
    return {"files": files, "checks": done.checks}


def _finish_click(
    net: nn.Module,
    dataset: Dataset,
    plan: Mapping[str, Any],
    *,
    request: Mapping[str, Any],
    folder: Path,
    events: Events,
) -> tuple[dict[str, Any], dict[str, Any]]:
    from ml_worker.click_eval import OTHER, Limits, evaluate_clicks, held_out
    from ml_worker.click_export import click_settings, export_click

    events.progress(1.0, "exporting")
    (folder / "export").mkdir(exist_ok=True)
    difference = export_click(net, folder / "export" / "model.onnx")
    settings = {"click": click_settings(plan)}
    events.progress(1.0, "testing")
    metrics = evaluate_clicks(
        dataset,
        split=held_out(dataset),
        onnx=folder / "export" / "model.onnx",
        settings=settings["click"],
        packaged=_path(folder, request.get("packaged_clicks")),
        limits=Limits(),
        seed=plan["seed"],
        stop=events.stop_wanted,
    )
    if OTHER not in metrics["clicks"]:
        events.log(
            _("MobileSAM's files are not on this machine: it is not known which of the two is better"),
            "warning",
        )
    exported = {"files": {"onnx": "export/model.onnx"}, "checks": {"onnx": difference}}
    return exported, {"metrics": metrics, "settings": settings}


def _say_what_is_missing(frozen: Dataset, dataset: Dataset, plan: Mapping[str, Any], events: Events) -> None:
    spared = len(dataset.of_split("val")) - len(frozen.of_split("val"))
    if spared:
        events.log(
            _("no validation images: %(count)s of the training images choose the best checkpoint instead")
            % {"count": spared},
            "warning",
        )
    elif not dataset.of_split("val"):
        events.log(
            _("no validation images, and none to spare: the last checkpoint is taken for the best"), "warning"
        )
    seen = {one.class_index for item in dataset.of_split("train") for one in dataset.objects(item)}
    names = [one["name"] for one in plan["classes"] if one["index"] not in seen]
    if names:
        text = _("no training image shows %(names)s: nothing is learned of them")
        events.log(text % {"names": ", ".join(names)}, "warning")


def code_version() -> str:
    """The program's version, and the commit where it runs from a checkout."""
    try:
        installed = metadata.version("contorno")
    except metadata.PackageNotFoundError:
        installed = "0.1.0"
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        found = subprocess.run(
            ["git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD"],
            capture_output=True, text=True, timeout=5, check=True,
        )  # fmt: skip
        return f"{installed}+{found.stdout.strip()}"
    return installed


# The process


def follow_parent(parent: str | None) -> None:
    """End this process as soon as its parent is gone, so that none goes on training for nobody.

    Args:
        parent: the id of the process that it works for; None or empty: it lives by itself.
    """
    if not parent:
        return
    first, number = os.getppid(), int(parent)

    def watch() -> None:
        while os.getppid() == first and _lives(number):
            time.sleep(LOOK_SECONDS)
        os._exit(128 + signal.SIGTERM)

    threading.Thread(target=watch, name="follow-parent", daemon=True).start()


def _lives(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + signal.SIGTERM)


def _failed(folder: Path, problem: DomainError, writes: bool) -> int:
    sys.stderr.write(f"{problem.detail}\n")
    if writes:
        with contextlib.suppress(OSError):  # no room for it either: stderr has said it
            write_error(folder, problem)
    return FAILED


def _as_domain_error(problem: BaseException, folder: Path) -> DomainError | None:
    """What people can do something about; None: a bug."""
    text = str(problem)
    if isinstance(problem, OSError):
        if problem.errno in (errno.ENOSPC, errno.EDQUOT):
            from ml_worker.checkpoint import no_room

            return no_room(folder, problem, 0)
        return None
    if isinstance(problem, MemoryError) or type(problem).__name__ == "OutOfMemoryError":
        return Unavailable(_("out of memory: choose a smaller input_size or encoder, or free the device"))
    if type(problem).__name__ == "AcceleratorError" or "CUDA error" in text or "NCCL" in text:
        return Unavailable(
            _(
                "the GPU does not answer any more (%(problem)s): see that the driver finds it, then start it again: it "
                "goes on from its last checkpoint"
            )
            % {"problem": text.splitlines()[0][:200]}
        )
    return None


def _path(folder: Path, named: str | None) -> Path | None:
    return folder / named if named else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
