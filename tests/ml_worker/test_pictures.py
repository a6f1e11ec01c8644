"""Pictures are read alike whole, by windows of a large file and by windows of a pyramid."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from annotator.core.errors import InvalidInput
from ml_worker import pictures
from ml_worker.pictures import Decoded, Item, Pyramid, Regions, open_picture, read_item

FRAME = (37, 21, 171, 133)


@pytest.fixture(scope="module")
def pixels() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (150, 190, 3), dtype=np.uint8)


def _written(path: Path, pixels: np.ndarray) -> Path:
    path.write_bytes(cv2.imencode(path.suffix, cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))[1].tobytes())
    return path


def _pyramid(path: Path, pixels: np.ndarray, side: int = 64) -> Path:
    """As the product writes it: coarser levels first, and a file beside the tiles."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("t.dzi", "<xml/>")
        archive.writestr("t_files/0/0_0.webp", cv2.imencode(".webp", pixels[::8, ::8, ::-1])[1].tobytes())
        for row in range(-(-pixels.shape[0] // side)):
            for column in range(-(-pixels.shape[1] // side)):
                tile = pixels[row * side : (row + 1) * side, column * side : (column + 1) * side, ::-1]
                lossless = cv2.imencode(".webp", np.ascontiguousarray(tile), [cv2.IMWRITE_WEBP_QUALITY, 101])
                archive.writestr(f"t_files/1/{column}_{row}.webp", lossless[1].tobytes())
    return path


def _item(**values: Any) -> Item:
    return Item(**{"image": "i", "file": None, "pyramid": None, "width": 190, "height": 150, **values})


def test_window_is_the_same_however_the_picture_is_stored(
    tmp_path: Path, pixels: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, archive = _written(tmp_path / "a.png", pixels), _pyramid(tmp_path / "a.zip", pixels)
    whole = open_picture(_item(file=file))
    monkeypatch.setattr(pictures, "MOST_DECODED", 1000)
    sources = [whole, open_picture(_item(file=file)), open_picture(_item(pyramid=archive, file=file))]
    assert [type(one) for one in sources] == [Decoded, Regions, Pyramid]
    x0, y0, x1, y1 = FRAME
    for source in sources:
        assert np.array_equal(source.window(FRAME), pixels[y0:y1, x0:x1])
        assert np.array_equal(source.window((0, 0, 190, 150)), pixels)


@pytest.mark.parametrize("kind", ["gray", "alpha"])
def test_gray_and_transparent_files_are_read_as_rgb(tmp_path: Path, pixels: np.ndarray, kind: str) -> None:
    given = pixels[:, :, 0] if kind == "gray" else np.dstack([pixels[:, :, ::-1], pixels[:, :, 0]])
    path = tmp_path / "a.png"
    path.write_bytes(cv2.imencode(".png", given)[1].tobytes())
    expected = np.repeat(pixels[:, :, :1], 3, axis=2) if kind == "gray" else pixels
    for source in (open_picture(_item(file=path)), Regions(path)):
        assert np.array_equal(source.window((0, 0, 190, 150)), expected)


def test_damaged_files_are_refused_with_a_reason(tmp_path: Path, pixels: np.ndarray) -> None:
    good = _pyramid(tmp_path / "a.zip", pixels)
    cases = [
        (_item(file=tmp_path / "gone.png"), "cannot be read"),
        (_item(file=_rubbish(tmp_path / "b.png")), "cannot be decoded"),
        (_item(file=_written(tmp_path / "c.png", pixels), width=191), "190 x 150; it should be 191 x 150"),
        (_item(pyramid=_rubbish(tmp_path / "b.zip")), "tiles cannot be read"),
        (_item(pyramid=tmp_path / "gone.zip"), "tiles cannot be read"),
        (_item(pyramid=good, width=300), "9 tiles; 15 are needed"),
    ]
    for item, message in cases:
        with pytest.raises(InvalidInput, match=message):
            open_picture(item)
    with pytest.raises(InvalidInput, match="cannot be opened"):
        Regions(tmp_path / "b.png")


def _rubbish(path: Path) -> Path:
    path.write_bytes(b"rubbish" * 50)
    return path


def test_large_file_that_is_cut_short_is_refused_when_it_is_read(tmp_path: Path, pixels: np.ndarray) -> None:
    path = _written(tmp_path / "a.png", pixels)
    path.write_bytes(path.read_bytes()[:-20_000])
    with pytest.raises(InvalidInput, match=r"damaged|opened"):
        Regions(path).window((0, 0, 190, 150))


def test_items_of_a_request_are_relative_to_the_run_folder_and_checked(tmp_path: Path) -> None:
    item = read_item({"image": 7, "file": "a.png", "width": 5, "height": 4}, tmp_path)
    assert item == Item("7", tmp_path / "a.png", None, 5, 4)
    for wrong in (
        {},
        {"image": 1, "width": 3, "height": 3},
        {"image": 1, "file": "a", "width": "x", "height": 3},
    ):
        with pytest.raises(InvalidInput, match="items: "):
            read_item(wrong, tmp_path)
