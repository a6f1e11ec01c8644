"""Reading a video: which files are videos, which frames of one are wanted, and the frames themselves.

Owns the limits on videos and the words of refusals. Does not own rows nor the storage (`video_import.py`).

The content decides whether a file is a video, by its first bytes, before any decoder sees it: a playlist or a script
that a decoder would follow to other files never reaches it. Should one pass for a video all the same, FFmpeg itself
knows no other formats here than these containers, and no other protocol than files.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import numpy.typing as npt
from django.conf import settings
from django.utils.translation import gettext as _

from annotator.core.errors import InvalidInput, Problem
from annotator.services.limits import MAX_WHOLE_PIXELS, is_large

SUFFIXES = (".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi")
READABLE = "MP4, MOV, WebM, MKV, AVI"
# The boxes that an MP4 or MOV file may begin with.
_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
_STILL_BRANDS = (b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis", b"heif")
_SIDES = (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)
HEAD = 16  # bytes that `video_kind` looks at
# A header's number of frames is a guess for some containers; fewer than this share of it means that some are missing.
LEAST_SHARE = 0.95
LEAST_MISSING = 3
MOST_SIDE = 65_535
PASSING = 50  # frames that go by untaken between two looks at whether to stop
# FFmpeg's options as OpenCV takes them: from the environment, at each opening.
_ONLY = "format_whitelist;mov,matroska,avi|protocol_whitelist;file"


class BadVideo(InvalidInput):
    """The file is no video that can be taken; the detail says why, for the person who imports it."""


@dataclass(frozen=True, slots=True)
class VideoOptions:
    """Which frames are taken, and how they are kept.

    Attributes:
        every: each n-th frame, from the first.
        per_second: instead of `every`: so many frames for each second, by their times.
        start, end: seconds; the end is not taken itself. None: to the last frame.
        longest_side: frames are scaled down so that neither side is longer; None keeps the size.
        format: jpeg or png. quality: of JPEG, 1..100.
    """

    every: int = 1
    per_second: float | None = None
    start: float = 0.0
    end: float | None = None
    longest_side: int | None = None
    format: str = "jpeg"
    quality: int = 92


@dataclass(frozen=True, slots=True, eq=False)
class VideoFrame:
    """One frame. number: in the video, from 1. timestamp: seconds. pixels: (H, W, 3) uint8 BGR, upright."""

    number: int
    timestamp: float
    pixels: npt.NDArray[np.uint8]


def video_kind(head: bytes) -> str | None:
    """Name the container that a file's first bytes are of; None where it is no video."""
    if head[:4] == b"\x1aE\xdf\xa3":
        return "WebM or MKV"
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "AVI"
    if head[4:8] in _BOXES and head[8:12] not in _STILL_BRANDS:
        return "MP4 or MOV"
    return None


def video_options(given: Mapping[str, Any]) -> VideoOptions:
    """Check what a person asks for.

    Raises:
        InvalidInput: naming every value that is not right as `video.every`.
    """
    problems: list[Problem] = []

    def number(name: str, low: float, high: float, default: Any, *, whole: bool = False) -> Any:
        value = given.get(name)
        if value is None:
            return default
        fits = (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and math.isfinite(cast("float", value))
        )
        if fits and (not whole or value == int(value)) and low <= value <= high:
            return int(value) if whole else float(value)
        values = {"value": repr(value)[:40], "low": f"{low:g}", "high": f"{high:g}"}
        what = _("%(value)s is no whole number from %(low)s to %(high)s") if whole else _(
            "%(value)s is no number from %(low)s to %(high)s"
        )  # fmt: skip
        problems.append(Problem(f"video.{name}", what % values))
        return default

    unknown = given.keys() - set(VideoOptions.__dataclass_fields__)
    problems += [Problem(f"video.{name}", _("unknown field")) for name in sorted(map(str, unknown))]
    limit = float(settings.MAX_VIDEO_SECONDS)
    options = VideoOptions(
        every=number("every", 1, 100_000, 1, whole=True),
        per_second=number("per_second", 0.001, 1000, None),
        start=number("start", 0, limit, 0.0),
        end=number("end", 0, limit, None),
        longest_side=number("longest_side", 16, MOST_SIDE, None, whole=True),
        format=given.get("format") or "jpeg",
        quality=number("quality", 1, 100, 92, whole=True),
    )
    if options.format not in ("jpeg", "png"):
        text = _("%(value)s is neither jpeg nor png") % {"value": repr(options.format)[:40]}
        problems.append(Problem("video.format", text))
    if options.per_second is not None and options.every != 1:
        problems.append(Problem("video.every", _("either every n-th frame or frames per second, not both")))
    if options.end is not None and options.end <= options.start:
        text = _("the end, %(end)g s, is not after the start, %(start)g s")
        problems.append(Problem("video.end", text % {"end": options.end, "start": options.start}))
    if problems:
        raise InvalidInput(f"{problems[0].where}: {problems[0].message}", problems)
    return options


class Video:
    """An open video of this machine's disk.

    Attributes:
        count: how many frames its header says, 0 where it does not. rate: frames per second, 0 where it does not say.
    """

    def __init__(self, path: Path, name: str) -> None:
        """Open it.

        Raises:
            BadVideo: it is too large, or no video that can be decoded.
        """
        self._name = name
        _check_file(path, name)
        os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = _ONLY
        self._capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
        if not self._capture.isOpened():
            self.close()
            raise _no_pictures(name)
        try:
            self._check_size(*(self._capture.get(side) for side in _SIDES))
        except BadVideo:
            self.close()
            raise
        self.count = max(0, round(self._capture.get(cv2.CAP_PROP_FRAME_COUNT)))
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        self.rate = rate if math.isfinite(rate) and 0 < rate < 10_000 else 0.0

    def __enter__(self) -> Video:  # noqa: PYI034  # not made to be inherited
        return self

    def __exit__(self, *_details: object) -> None:
        self.close()

    def close(self) -> None:
        self._capture.release()

    def frames(
        self, options: VideoOptions, passing: Callable[[int], None] = lambda _number: None
    ) -> Iterator[VideoFrame]:
        """Give the wanted frames in their order.

        Args:
            passing: called now and then with the number of the frame that goes by; it may raise to stop.

        Raises:
            BadVideo: nothing can be decoded, it breaks off before its end, or it is beyond a limit.
        """
        self._check_plan(options)
        taken, number, timestamp, due = 0, 0, 0.0, options.start
        while self._capture.grab():
            number += 1
            if number % PASSING == 0:
                passing(number)
            timestamp = self._timestamp(number, timestamp)
            if options.end is not None and timestamp >= options.end:
                break
            if timestamp > settings.MAX_VIDEO_SECONDS:
                raise self._too_long(timestamp)
            if not _is_due(options, number, timestamp, due):
                continue
            if options.per_second is not None:
                due = _next_due(options.start, options.per_second, timestamp)
            taken += 1
            if taken > settings.MAX_VIDEO_FRAMES:
                raise self._too_many(taken)
            yield VideoFrame(number, timestamp, self._pixels(options, number))
        else:
            self._check_whole(number)
        if taken == 0:
            raise self._none_taken(options, number, timestamp)

    def _timestamp(self, number: int, before: float) -> float:
        """The frame's time by the container where that makes sense, else by the frame rate."""
        said = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        by_rate = (number - 1) / self.rate if self.rate else float(number - 1)
        if number == 1:
            return said if math.isfinite(said) and 0 <= said < 3600 else 0.0
        return round(said if math.isfinite(said) and said > before else max(by_rate, before), 6)

    def _pixels(self, options: VideoOptions, number: int) -> npt.NDArray[np.uint8]:
        fine, pixels = self._capture.retrieve()
        if not fine or pixels is None or pixels.ndim != 3:
            raise self._bad(_("frame %(number)s cannot be decoded; the file is damaged") % {"number": number})
        height, width = pixels.shape[:2]
        self._check_size(width, height)
        scale = min(1.0, (options.longest_side or MOST_SIDE) / max(height, width))
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        if is_large(*size, "JPEG"):  # frames are shown whole: there is no job that cuts each into tiles
            values = {"width": size[0], "height": size[1], "limit": settings.LARGE_IMAGE_PIXELS // 1_000_000}
            text = _(
                "frames of %(width)s x %(height)s pixels are too large to be shown whole; choose a longest side "
                "so that they have at most %(limit)s million and 16384 a side"
            )
            raise self._bad(text % values)
        if scale < 1.0:
            pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
        return np.asarray(pixels, dtype=np.uint8)

    def _check_size(self, width: float, height: float) -> None:
        """Refuse frames that are too large to be decoded; the header says so before any of them is."""
        most = min(settings.MAX_IMAGE_PIXELS, MAX_WHOLE_PIXELS)
        if height * width > most or max(height, width) > MOST_SIDE:
            values = {"width": round(width), "height": round(height), "limit": most // 1_000_000}
            text = _("its frames have %(width)s x %(height)s pixels; at most %(limit)s million are taken")
            raise self._bad(text % values)

    def _check_plan(self, options: VideoOptions) -> None:
        """Refuse before decoding what the header says to be beyond a limit."""
        if not self.count or not self.rate:
            return
        seconds = self.count / self.rate
        if seconds > settings.MAX_VIDEO_SECONDS and options.end is None:
            raise self._too_long(seconds)
        span = max(0.0, min(seconds, options.end or seconds) - options.start)
        share = min(options.per_second, self.rate) if options.per_second else self.rate / options.every
        if span * share > settings.MAX_VIDEO_FRAMES * 1.02 + 1:
            raise self._too_many(math.ceil(span * share))

    def _check_whole(self, number: int) -> None:
        """Refuse a video that ended before its header says that it does."""
        if number == 0:
            raise _no_pictures(self._name)
        if number < self.count * LEAST_SHARE and self.count - number >= LEAST_MISSING:
            values = {"number": number, "count": self.count}
            text = _(
                "it breaks off: only %(number)s of about %(count)s frames can be read. The file is damaged or cut "
                "short; choose an end before that place to take what there is"
            )
            raise self._bad(text % values)

    def _none_taken(self, options: VideoOptions, number: int, timestamp: float) -> BadVideo:
        values = {"start": f"{options.start:g}", "end": f"{timestamp:.2f}", "count": number}
        text = _("there is no frame from %(start)s s on; it has %(count)s frames and ends at %(end)s s")
        return self._bad(text % values)

    def _too_long(self, seconds: float) -> BadVideo:
        values = {"minutes": math.ceil(seconds / 60), "limit": settings.MAX_VIDEO_SECONDS // 60}
        return self._bad(
            _("it lasts %(minutes)s minutes; at most %(limit)s are taken. Choose a start and an end") % values
        )

    def _too_many(self, count: int) -> BadVideo:
        values = {"count": count, "limit": settings.MAX_VIDEO_FRAMES}
        text = _(
            "%(count)s frames or more would be taken; at most %(limit)s are. Take every n-th frame, or a part"
        )
        return self._bad(text % values)

    def _bad(self, message: str) -> BadVideo:
        return _bad(self._name, message)


def _check_file(path: Path, name: str) -> None:
    size = path.stat().st_size
    if size == 0:
        raise _bad(name, _("the file is empty"))
    if size > settings.MAX_VIDEO_BYTES:
        values = {"size": round(size / 1e6), "limit": round(settings.MAX_VIDEO_BYTES / 1e6)}
        raise _bad(name, _("it has %(size)s MB; at most %(limit)s MB are taken") % values)
    with path.open("rb") as file:
        if video_kind(file.read(HEAD)) is None:
            text = _("its content is no video, whatever its name says; %(formats)s can be read")
            raise _bad(name, text % {"formats": READABLE})


def _no_pictures(name: str) -> BadVideo:
    text = _(
        "no frame can be read from it: it is damaged, cut short, holds only sound, or is in a codec that is not known "
        "here; %(formats)s with H.264, VP8, VP9, AV1, MPEG-4 or Motion JPEG can be read"
    )
    return _bad(name, text % {"formats": READABLE})


def _bad(name: str, message: str) -> BadVideo:
    return BadVideo(f"{name}: {message}", [Problem(name, message)])


def _is_due(options: VideoOptions, number: int, timestamp: float, due: float) -> bool:
    if timestamp < options.start:
        return False
    if options.per_second is not None:
        return timestamp >= due - 1e-6
    return (number - 1) % options.every == 0


def _next_due(start: float, per_second: float, timestamp: float) -> float:
    """The first time on the grid after this one, so that the choice does not drift."""
    return start + (math.floor((timestamp - start) * per_second + 1e-6) + 1) / per_second
