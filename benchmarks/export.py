"""COCO export of a frozen version: wall time, peak memory, and how both grow.

2,000 images of 20 polygons of 24 vertices each, then ten times as many images. A dataset is filled into a database
of its own (SQLite in a temporary folder, or DATABASE_URL), frozen, and exported in a fresh process each time, by the
same code as the export job. What is measured is the export alone, from reading the version to the finished ZIP:

- `annotations`: the annotation JSON in a ZIP, no pictures. Label Studio 1.23 took 15 s for its JSON of the same size.
- `pictures`: the same with a picture of 64 x 48 pixels (about 1 kB) for every image.

Run: python benchmarks/export.py [--images 2000] [--repeat 3]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "export.json"
OBJECTS, VERTICES = 20, 24
TARGET_SECONDS = 1.5
FLAT = 1.25  # peak memory at ten times the images may be this many times as large


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--fill", metavar="N", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--measure", metavar="KIND", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.fill:
        fill(given.fill)
    elif given.measure:
        print(json.dumps(measure(given.measure)))
    else:
        report(given.images, given.repeat)


def report(images: int, repeat: int) -> None:
    """Measure both sizes and write the results file."""
    runs: list[dict[str, Any]] = []
    for count in (images, images * 10):
        with tempfile.TemporaryDirectory(prefix="contorno-benchmark-") as folder:
            environment = {**os.environ, "CONTORNO_DATA_DIR": folder, "CONTORNO_LOG_LEVEL": "WARNING"}
            child("--fill", str(count), environment=environment)
            for kind in ("annotations", "pictures"):
                found = [json.loads(child("--measure", kind, environment=environment)) for _ in range(repeat)]
                best = min(found, key=lambda one: one["seconds"])
                runs.append(
                    {"images": count, "kind": kind, **best, "all_seconds": [one["seconds"] for one in found]}
                )
                print(json.dumps(runs[-1]))
    small, large = (run for run in runs if run["kind"] == "annotations")
    result = {
        "what": f"COCO export, {OBJECTS} polygons of {VERTICES} vertices an image, from a frozen version",
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine(),
        "target": {"seconds": TARGET_SECONDS, "memory_growth_at_10x": FLAT},
        "reached": {
            "seconds": small["seconds"],
            "processor_seconds": small["processor_seconds"],
            "memory_growth_at_10x": round(large["peak_mib"] / small["peak_mib"], 3),
            "export_memory_growth_at_10x_mib": round(large["export_mib"] - small["export_mib"], 1),
        },
        "runs": runs,
    }
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result["reached"]))


def child(*arguments: str, environment: dict[str, str]) -> str:
    """Run this script again in a fresh process; its last line of output."""
    done = subprocess.run(
        [sys.executable, __file__, *arguments], env=environment, stdout=subprocess.PIPE, check=True, text=True
    )
    return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""


def setup() -> None:
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotator.settings")
    import django

    django.setup()


def fill(count: int) -> None:
    """Make a project of `count` images with their objects, and freeze it."""
    setup()
    import numpy as np
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from django.db import transaction

    from annotator.services.account import user_ensure
    from annotator.services.project import project_create
    from annotator.services.version import version_freeze

    project = project_create(
        user=user_ensure(email="benchmark@example.org"),
        name="benchmark",
        task_type="instance",
        classes=[{"name": f"class {k}"} for k in range(10)],
    )
    random = np.random.default_rng(7)
    for first in range(0, count, 1000):
        with transaction.atomic():
            add_images(project, range(first, min(first + 1000, count)), random)
    version_freeze(project=project, user=None)


def add_images(project: Any, numbers: range, random: Any) -> None:
    """Add images with rows written in bulk: filling is not what is measured."""
    import io
    import uuid

    import numpy as np
    from PIL import Image

    from annotator.core.document import PolygonGeometry
    from annotator.core.geometry import polygon_area
    from annotator.core.packing import pack
    from annotator.models import Annotation, Document, ImageAsset
    from annotator.services.files import content_name, file_store

    images, documents, rows = list[Any](), list[Any](), list[Any]()
    for number in numbers:
        buffer = io.BytesIO()
        Image.fromarray(random.integers(0, 255, (6, 8, 3), dtype=np.uint8)).resize((64, 48)).save(
            buffer, format="JPEG"
        )
        sha = f"{number:064x}"
        name = file_store(content_name("originals", sha, ".jpg"), buffer)
        image = ImageAsset(
            project=project, name=f"frames/{number:06}.jpg", sha256=sha, format="JPEG", size_bytes=buffer.tell(),
            width=1920, height=1080, original=name, display=name, thumbnail=name, split="train", object_count=OBJECTS,
        )  # fmt: skip
        document = Document(image=image, revision=1, object_count=OBJECTS)
        images.append(image)
        documents.append(document)
        for ring in rings(random):
            (x0, y0), (x1, y1) = ring.min(axis=0).tolist(), ring.max(axis=0).tolist()
            rows.append(
                Annotation(
                    document=document,
                    uuid=uuid.uuid4(),
                    class_index=int(random.integers(1, 11)),
                    kind="polygon",
                    geometry=pack(PolygonGeometry(((ring,),))),
                    x0=x0,
                    y0=y0,
                    x1=x1,
                    y1=y1,
                    area=polygon_area((ring,)),
                    created_revision=1,
                    source="person",
                    valid_from=1,
                )
            )
    ImageAsset.objects.bulk_create(images, batch_size=500)
    Document.objects.bulk_create(documents, batch_size=500)
    Annotation.objects.bulk_create(rows, batch_size=500)


def rings(random: Any) -> Any:
    """Star-shaped outlines of full float32 precision: the longest numbers there are."""
    import numpy as np

    angles = np.sort(random.uniform(0, 2 * np.pi, (OBJECTS, VERTICES)), axis=1)
    radius = random.uniform(20, 90, (OBJECTS, VERTICES))
    centre = random.uniform(100, 900, (OBJECTS, 1, 2))
    return (centre + np.stack([radius * np.cos(angles), radius * np.sin(angles)], axis=2)).astype(np.float32)


def measure(kind: str) -> dict[str, Any]:
    """Export the newest version once, as the job does, and say what it took."""
    setup()
    from annotator.formats.codec import checked_options
    from annotator.formats.registry import format_named
    from annotator.formats.zip import write_zip
    from annotator.models import DatasetVersion
    from annotator.services.export_job import frozen_view

    version = DatasetVersion.objects.select_related("project").latest("created")
    fmt = format_named("coco")
    options = checked_options(fmt, {"images": kind == "pictures"})
    with tempfile.TemporaryFile() as file, Memory() as memory:
        began, worked = time.perf_counter(), time.process_time()
        write_zip(file, fmt.write(frozen_view(version), options))  # type: ignore[arg-type]
        seconds, processor = time.perf_counter() - began, time.process_time() - worked
        size = file.tell()
        memory.stop()
        check(file, version.image_count, version.object_count)
    return {
        "seconds": round(seconds, 3),
        "processor_seconds": round(processor, 3),
        "peak_mib": round(memory.peak, 1),
        "export_mib": round(memory.peak - memory.before, 1),
        "zip_mib": round(size / 2**20, 1),
    }


def check(file: Any, images: int, objects: int) -> None:
    """Make sure that what was timed is what was asked for."""
    import orjson

    with zipfile.ZipFile(file) as archive:
        content = orjson.loads(archive.read("annotations/instances_all.json"))
    assert len(content["images"]) == images
    assert len(content["annotations"]) == objects == images * OBJECTS
    assert len(content["annotations"][-1]["segmentation"][0]) == 2 * VERTICES


class Memory:
    """Samples this process's own memory, from a thread beside the work."""

    def __init__(self) -> None:
        self.before = self.peak = own_mib()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._stop.wait(0.005):
            self.peak = max(self.peak, own_mib())


def own_mib() -> float:
    """Anonymous resident memory (Linux), else the peak of all resident memory."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1024
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
            2**20 if sys.platform == "darwin" else 2**10
        )


def machine() -> dict[str, Any]:
    import django
    import numpy as np

    names = [
        line.split(":")[1].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if "model name" in line
    ]
    return {
        "processor": names[0] if names else platform.processor(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "django": django.__version__,
        "database": "PostgreSQL" if os.environ.get("DATABASE_URL", "").startswith("postgres") else "SQLite",
    }


if __name__ == "__main__":
    main()
