"""Decoded pictures: the same pixels as the file's, decoded once, within a bound of memory."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.selectors import decoded
from annotator.selectors.decoded import Decoded, Frame, Pixels, around

SIZE = (60, 40)
PICTURE = np.random.default_rng(3).integers(0, 256, (40, 60, 3), dtype=np.uint8)


class File:
    """A picture that counts how often it is decoded."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []

    def decode(self, frame: Frame) -> Pixels:
        self.frames.append(frame)
        return PICTURE[frame[1] : frame[3], frame[0] : frame[2]].copy()


def cut(frame: Frame) -> Pixels:
    return PICTURE[frame[1] : frame[3], frame[0] : frame[2]]


@given(st.integers(0, 50), st.integers(0, 30), st.integers(1, 10), st.integers(1, 10))
def test_a_part_has_the_pixels_of_the_picture(x0: int, y0: int, width: int, height: int) -> None:
    frame = (x0, y0, x0 + width, y0 + height)
    part = Decoded().part("a", frame, size=SIZE, decode=File().decode)
    assert np.array_equal(part, cut(frame))
    assert not part.flags.writeable, "it is shared"


def test_a_small_picture_is_decoded_whole_and_once() -> None:
    kept, file = Decoded(), File()
    for frame in ((0, 0, 5, 5), (50, 30, 60, 40), (0, 0, 60, 40)):
        assert np.array_equal(kept.part("a", frame, size=SIZE, decode=file.decode), cut(frame))
    assert file.frames == [(0, 0, 60, 40)]


def test_of_a_large_picture_only_what_lies_around_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoded, "WHOLE", 100)
    monkeypatch.setattr(decoded, "BLOCK", 20)
    kept, file = Decoded(), File()
    for frame in ((30, 20, 34, 24), (25, 15, 40, 30), (0, 0, 4, 4), (0, 0, 30, 3)):
        assert np.array_equal(kept.part("a", frame, size=SIZE, decode=file.decode), cut(frame))
    assert file.frames == [(22, 12, 42, 32), (0, 0, 20, 20), (0, 0, 30, 20)]


def test_the_least_used_picture_goes_first_and_the_bound_holds() -> None:
    one = PICTURE.nbytes
    kept, file = Decoded(budget=2 * one), File()
    for name in ("a", "b", "a", "c", "a", "b"):
        kept.part(name, (0, 0, 5, 5), size=SIZE, decode=file.decode)
        assert kept.size <= 2 * one
    assert len(file.frames) == 4, "a, b, c, and b again"


def test_a_picture_over_the_bound_is_given_and_not_kept() -> None:
    kept, file = Decoded(budget=10), File()
    assert np.array_equal(kept.part("a", (1, 2, 3, 4), size=SIZE, decode=file.decode), cut((1, 2, 3, 4)))
    assert kept.size == 0


def test_threads_that_want_one_large_picture_decode_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoded, "WHOLE", 100)
    kept, file = Decoded(), File()
    begun = threading.Barrier(4)

    def ask() -> None:
        begun.wait()
        kept.part("a", (0, 0, 5, 5), size=SIZE, decode=file.decode)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(file.frames) == 1


@given(st.integers(0, 9000), st.integers(1, 6000))
def test_what_is_kept_holds_what_was_asked_for_and_lies_in_the_picture(start: int, length: int) -> None:
    frame = (start, 0, start + length, 10)
    x0, y0, x1, y1 = around(frame, (15_000, 5_000))
    assert 0 <= x0 <= frame[0]
    assert frame[2] <= x1 <= 15_000
    assert (y0, y1) == (0, decoded.BLOCK)
    assert x1 - x0 == max(decoded.BLOCK, length)
