"""Dataset folders and run folders: what is written is what is read."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from annotator.core.errors import InvalidInput, Problem
from annotator.core.raster import mask_from_bitmap
from ml_worker.folder import DataClass, DataObject, FolderWriter, is_folder, read_folder
from ml_worker.run_folder import ERROR, EVENTS, STOP, Events, Follower, read_json, write_error, write_json


def _png(picture: np.ndarray) -> bytes:
    return cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))[1].tobytes()


def _written(folder: Path) -> np.ndarray:
    picture = np.random.default_rng(1).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    low, high = np.ones((3, 4), bool), np.ones((2, 2), bool)
    writer = FolderWriter(folder)
    writer.add(
        name="a/one.png",
        content=_png(picture),
        extension=".png",
        size=(8, 6),
        objects=[
            DataObject("first", 2, mask_from_bitmap(low, 1, 1)),
            DataObject("second", 255, mask_from_bitmap(high, 2, 2)),
        ],
        split="train",
        asset="one",
        group="street",
    )
    writer.add(
        name="b.png",
        content=_png(picture),
        extension=".png",
        size=(8, 6),
        objects=None,
        split="val",
        asset="two",
    )
    assert not is_folder(folder)
    writer.close(
        name="streets",
        task_type="semantic",
        exclusive=True,
        content_hash="0" * 64,
        classes=[DataClass(2, "road")],
    )
    return picture


def test_folder_gives_back_pixels_and_objects_in_paint_order(tmp_path: Path) -> None:
    picture = _written(tmp_path)
    assert is_folder(tmp_path)
    data = read_folder(tmp_path)
    first, second = data.items
    assert np.array_equal(data.picture(first), picture)
    expected = np.zeros((6, 8), np.uint8)
    expected[1:4, 1:5] = 2
    expected[2:4, 2:4] = 255
    assert np.array_equal(data.label_map(first), expected)
    assert [one.id for one in data.objects(first)] == ["first", "second"]
    assert (first.unit, second.unit) == ("street", "two")
    assert data.of_split("train") == (first,)
    assert data.of_split("val") == ()  # nobody has labelled it
    assert data.objects(second) == []


def test_folder_names_the_file_that_cannot_be_decoded(tmp_path: Path) -> None:
    _written(tmp_path)
    data = read_folder(tmp_path)
    (tmp_path / data.items[0].file).write_bytes(b"rubbish")
    with pytest.raises(InvalidInput, match=r"a/one\.png: the picture cannot be decoded"):
        data.picture(data.items[0])
    (tmp_path / data.items[1].file).write_bytes(b"")
    with pytest.raises(InvalidInput, match=r"b\.png"):
        data.picture(data.items[1])


@pytest.mark.parametrize(
    "content", [None, "{", "[]", '{"format": 2}', '{"format": 1, "classes": [{"x": 1}]}']
)
def test_folder_without_a_good_index_says_so(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "dataset.json").write_text(content)
    with pytest.raises(InvalidInput, match=r"dataset\.json"):
        read_folder(tmp_path)


def test_follower_gives_each_whole_line_once(tmp_path: Path) -> None:
    follower = Follower(tmp_path)
    assert list(follower.new()) == []
    events = Events(tmp_path)
    events.progress(0.5, "training", epoch=3)
    events.log("hello")
    found = list(follower.new())
    assert [one["kind"] for one in found] == ["progress", "log"]
    assert found[0]["values"] == {"epoch": 3}
    with (tmp_path / EVENTS).open("a") as file:
        file.write('{"kind": "lo')
        file.flush()
        assert list(follower.new()) == []
        file.write('g", "text": "late"}\n')
    assert [one["text"] for one in follower.new()] == ["late"]


def test_stop_is_seen_and_silent_events_write_nothing(tmp_path: Path) -> None:
    events = Events(tmp_path)
    assert not events.stop_wanted()
    (tmp_path / STOP).touch()
    assert events.stop_wanted()
    silent = Events(None)
    silent.log("nothing")
    assert not silent.stop_wanted()


def test_json_is_whole_or_absent_and_never_nan(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    assert read_json(path) is None
    write_json(path, {"a": 1})
    with pytest.raises(ValueError, match="JSON"):
        write_json(path, {"a": float("nan")})
    assert read_json(path) == {"a": 1}
    assert [one.name for one in tmp_path.iterdir()] == ["result.json"]


def test_error_names_everything_that_is_wrong(tmp_path: Path) -> None:
    write_error(tmp_path, InvalidInput("two problems", [Problem("class 3", "no examples")]))
    assert json.loads((tmp_path / ERROR).read_text()) == {
        "detail": "two problems",
        "errors": [{"where": "class 3", "message": "no examples"}],
    }
