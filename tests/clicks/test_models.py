"""Click models on small graphs whose answers are known: where a click lands, what is begun with, bad graphs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from annotator.clicks.click_net import ClickNetSegmenter, ClickNetSettings
from annotator.clicks.interface import Mask, Prompt, Proposal, pixels_of, without_specks
from annotator.clicks.sam import SamSegmenter, SamSettings
from annotator.core.errors import InvalidInput
from tests.clicks import graphs


@pytest.fixture
def pair(tmp_path: Path) -> SamSegmenter:
    return made(graphs.encoder(tmp_path / "e.onnx"), graphs.decoder(tmp_path / "d.onnx"))


def made(encoder: Path, decoder: Path, **settings: str) -> SamSegmenter:
    return SamSegmenter(encoder, decoder, version="v", settings=SamSettings(**settings))  # type: ignore[arg-type]


def picture(width: int, height: int) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (height, width, 3), dtype=np.uint8)


def whole(proposal: Proposal, width: int, height: int) -> Mask:
    x, y, crop = pixels_of(proposal, width, height)
    mask = np.zeros((height, width), np.bool_)
    mask[y : y + crop.shape[0], x : x + crop.shape[1]] = crop
    return mask


def at(*points: tuple[float, float]) -> np.ndarray:
    return np.array(points, np.float64).reshape(-1, 2)


def disc(width: int, height: int, centre: tuple[float, float], radii: tuple[float, float]) -> Mask:
    rows, columns = np.mgrid[:height, :width] + 0.5
    return ((columns - centre[0]) / radii[0]) ** 2 + ((rows - centre[1]) / radii[1]) ** 2 < 1


@pytest.mark.parametrize(("width", "height"), [(64, 64), (128, 96), (96, 128), (32, 20), (200, 50)])
def test_a_click_proposes_the_disc_around_it_whatever_the_picture_s_size(
    pair: SamSegmenter, width: int, height: int
) -> None:
    embedding = pair.embed(picture(width, height))
    x, y = width * 0.4, height * 0.5
    found = whole(pair.predict(embedding, Prompt(positive=at((x, y)))), width, height)
    radius = graphs.RADIUS_CELLS * graphs.CELL / (graphs.SIDE / max(width, height))
    expected = disc(width, height, (x, y), (radius, radius))
    # Linear between cells, the disc's edge is off by a small part of a cell.
    assert (found ^ expected).sum() <= 0.12 * expected.sum() + 4


def test_a_square_fit_stretches_the_picture(tmp_path: Path) -> None:
    model = made(graphs.encoder(tmp_path / "e.onnx"), graphs.decoder(tmp_path / "d.onnx"), fit="square")
    embedding = model.embed(picture(128, 32))
    assert (embedding.across, embedding.down) == (0.5, 2.0)
    found = whole(model.predict(embedding, Prompt(positive=at((64, 16)))), 128, 32)
    expected = disc(128, 32, (64, 16), (24, 6))
    assert (found ^ expected).sum() <= 0.12 * expected.sum()


def test_the_embedding_is_what_the_encoder_gives_of_the_normalised_padded_picture(pair: SamSegmenter) -> None:
    image = np.full((32, 64, 3), (123, 116, 103), np.uint8)
    [tensor] = pair.embed(image).tensors.values()
    assert tensor.dtype == np.float16
    normal = (np.array([123, 116, 103]) - [123.675, 116.28, 103.53]) / [58.395, 57.12, 57.375]
    np.testing.assert_allclose(tensor[0, :, 0, 0], normal, atol=1e-3)
    assert (tensor[0, :, 8:] == 0).all()  # below the picture: zeros


def test_the_last_logits_are_begun_with(pair: SamSegmenter) -> None:
    embedding = pair.embed(picture(64, 64))
    first = pair.predict(embedding, Prompt(positive=at((32, 32))))
    second = pair.predict(embedding, Prompt(positive=at((32, 32)), previous=first.logits))
    np.testing.assert_allclose(second.logits, first.logits * 1.1, atol=1e-4)


def test_a_mask_is_begun_with_where_there_are_no_logits(pair: SamSegmenter) -> None:
    embedding = pair.embed(picture(64, 64))
    mask = np.zeros((64, 64), np.bool_)
    mask[:, :32] = True
    plain = pair.predict(embedding, Prompt(positive=at((32, 32)))).logits
    begun = pair.predict(embedding, Prompt(positive=at((32, 32)), mask=mask)).logits
    step = begun - plain
    assert step[:, :8].min() > 0
    assert step[:, 8:].max() < 0


def test_a_mask_s_own_middle_goes_with_it(pair: SamSegmenter) -> None:
    """The small decoder looks at the first point: with a negative click alone that is the middle of the mask."""
    embedding = pair.embed(picture(64, 64))
    mask = np.zeros((64, 64), np.bool_)
    mask[10:31, 30:51] = True
    found = whole(pair.predict(embedding, Prompt(negative=at((5, 5)), mask=mask)), 64, 64)
    rows, columns = np.nonzero(found)
    assert (rows.mean() + 0.5, columns.mean() + 0.5) == pytest.approx((20.5, 40.5), abs=1.5)


def test_logits_of_another_size_are_left_out(pair: SamSegmenter) -> None:
    embedding = pair.embed(picture(64, 64))
    plain = pair.predict(embedding, Prompt(positive=at((32, 32))))
    other = pair.predict(embedding, Prompt(positive=at((32, 32)), previous=np.ones((3, 3), np.float32)))
    np.testing.assert_array_equal(plain.logits, other.logits)


def test_of_several_masks_the_one_with_the_highest_score_is_taken(tmp_path: Path) -> None:
    model = made(graphs.encoder(tmp_path / "e.onnx"), graphs.decoder(tmp_path / "d.onnx", count=3))
    proposal = model.predict(model.embed(picture(64, 64)), Prompt(positive=at((20, 20))))
    assert proposal.score == pytest.approx(0.9)
    assert whole(proposal, 64, 64)[20, 20]


def test_one_output_of_another_name_is_taken_for_the_embedding(tmp_path: Path) -> None:
    model = made(graphs.encoder(tmp_path / "e.onnx", output="features"), graphs.decoder(tmp_path / "d.onnx"))
    assert list(model.embed(picture(64, 64)).tensors) == ["image_embeddings"]


def test_several_embeddings_are_matched_by_name_and_the_picture_is_stretched(tmp_path: Path) -> None:
    decoder = graphs.decoder(
        tmp_path / "d.onnx", embeddings=("image_embed", "high_res_feats_0"), masks="masks"
    )
    model = made(graphs.pyramid_encoder(tmp_path / "e.onnx"), decoder)
    embedding = model.embed(picture(128, 32))
    assert set(embedding.tensors) == {"image_embed", "high_res_feats_0"}
    assert (embedding.across, embedding.down) == (0.5, 2.0)
    proposal = model.predict(embedding, Prompt(positive=at((64, 16))))
    # `masks` of a decoder that is told the picture's size cover the picture and no padding.
    assert proposal.cell == (128 / graphs.LOW, 32 / graphs.LOW)


def test_an_encoder_that_normalises_by_itself_is_given_plain_pixels(tmp_path: Path) -> None:
    model = made(graphs.plain_encoder(tmp_path / "e.onnx"), graphs.decoder(tmp_path / "d.onnx"))
    image = np.full((100, 200, 3), 77, np.uint8)
    embedding = model.embed(image)
    assert float(embedding.tensors["image_embeddings"].ravel()[0]) == pytest.approx(77, abs=0.1)
    assert embedding.grid == (1024, 1024)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            {"points": "points"},
            "d.onnx has no input point_coords; it has image_embeddings [1, 3, 16, 16], points",
        ),
        ({"scores": "quality"}, "d.onnx has no output iou_predictions"),
        ({"masks": "nothing"}, "d.onnx has no output masks"),
        (
            {"embeddings": ("image_embed", "high_res_feats_0")},
            "e.onnx has no output image_embed, high_res_feats_0",
        ),
    ],
)
def test_what_is_missing_in_a_graph_is_named(tmp_path: Path, change: dict[str, str], says: str) -> None:
    model = made(graphs.encoder(tmp_path / "e.onnx"), graphs.decoder(tmp_path / "d.onnx", **change))  # type: ignore[arg-type]
    with pytest.raises(InvalidInput) as error:
        model.embed(picture(64, 64))
    assert says in error.value.detail


def test_a_file_that_is_no_graph_is_told(tmp_path: Path) -> None:
    path = tmp_path / "e.onnx"
    path.write_bytes(b"not a graph at all")
    with pytest.raises(InvalidInput, match=r"e\.onnx cannot be opened"):
        made(path, graphs.decoder(tmp_path / "d.onnx")).embed(picture(64, 64))


def test_an_embedding_of_another_encoder_is_refused(pair: SamSegmenter) -> None:
    embedding = pair.embed(picture(64, 64))
    other = type(embedding)({"features": np.zeros(1)}, 64, 64, (64, 64), 1, 1)
    with pytest.raises(InvalidInput, match="made by another encoder"):
        pair.predict(other, Prompt(positive=at((1, 1))))


@pytest.mark.parametrize("side", ["h", 64])
def test_a_click_net_sees_clicks_and_the_last_mask(tmp_path: Path, side: int | str) -> None:
    path = graphs.click_net(tmp_path / "m.onnx", side=side)
    model = ClickNetSegmenter(path, version="v", settings=ClickNetSettings(longest=64, radius=4))
    assert not model.ahead
    embedding = model.embed(picture(128, 96))
    proposal = model.predict(embedding, Prompt(positive=at((40, 40)), negative=at((90, 60))))
    found = whole(proposal, 128, 96)
    assert found[40, 40]
    assert not found[60, 90]
    assert not found[5, 5]
    mask = np.zeros((96, 128), np.bool_)
    mask[:48] = True
    kept = whole(model.predict(embedding, Prompt(negative=at((90, 60)), mask=mask)), 128, 96)
    assert kept[10, 100]
    assert not kept[70, 20]


def test_a_click_net_takes_a_box_as_its_area(tmp_path: Path) -> None:
    model = ClickNetSegmenter(graphs.click_net(tmp_path / "m.onnx"), version="v")
    embedding = model.embed(picture(100, 100))
    found = whole(model.predict(embedding, Prompt(box=(20, 30, 60, 80))), 100, 100)
    assert found[32, 22]
    assert not found[20, 20]


def test_a_click_net_without_an_input_says_which(tmp_path: Path) -> None:
    model = ClickNetSegmenter(graphs.click_net(tmp_path / "m.onnx", previous="last"), version="v")
    with pytest.raises(InvalidInput, match=r"m\.onnx has no input previous; it has image"):
        model.embed(picture(10, 10))


@pytest.mark.parametrize("value", [-3.0, 0.0])
def test_a_proposal_of_nothing_has_no_pixels(value: float) -> None:
    assert pixels_of(Proposal(np.full((4, 4), value, np.float32), (2, 2), None), 8, 8)[2].size == 0


def test_a_proposal_everywhere_fills_the_picture_and_nothing_beyond() -> None:
    x, y, crop = pixels_of(Proposal(np.ones((4, 4), np.float32), (2, 2), None), 8, 6)
    assert (x, y, crop.shape, crop.all()) == (0, 0, (6, 8), True)


def test_pixels_are_those_whose_linear_logit_is_above_nought() -> None:
    """By the definition, cell by cell: no OpenCV."""
    logits = np.random.default_rng(5).normal(size=(6, 7)).astype(np.float32)
    width, height, cell = 35, 24, (5.0, 4.0)
    rows = np.clip((np.arange(height) + 0.5) / cell[1] - 0.5, 0, 5)
    columns = np.clip((np.arange(width) + 0.5) / cell[0] - 0.5, 0, 6)
    low_r, low_c = rows.astype(int), columns.astype(int)
    high_r, high_c = np.minimum(low_r + 1, 5), np.minimum(low_c + 1, 6)
    part_r, part_c = (rows - low_r)[:, None], (columns - low_c)[None]
    top = logits[np.ix_(low_r, low_c)] * (1 - part_c) + logits[np.ix_(low_r, high_c)] * part_c
    bottom = logits[np.ix_(high_r, low_c)] * (1 - part_c) + logits[np.ix_(high_r, high_c)] * part_c
    expected = top * (1 - part_r) + bottom * part_r
    found = whole(Proposal(logits, cell, None), width, height)
    clear = np.abs(expected) > 0.08  # OpenCV's weights have five bits
    assert (found == (expected > 0))[clear].all()


def test_specks_and_pinholes_of_the_coarse_grid_go_and_the_largest_part_stays() -> None:
    logits = np.full((40, 40), -5, np.float32)
    logits[5:20, 5:20] = 5
    logits[10, 10] = -5  # a pinhole
    logits[30, 30] = 5  # a speck
    logits[30:36, 5:11] = 5  # a part of its own
    clean = without_specks(Proposal(logits, (1, 1), None)).logits > 0
    expected = np.zeros((40, 40), np.bool_)
    expected[5:20, 5:20] = expected[30:36, 5:11] = True
    assert (clean == expected).all()


def test_the_smallest_object_is_no_speck() -> None:
    logits = np.full((40, 40), -5, np.float32)
    logits[7, 8] = 5
    clean = without_specks(Proposal(logits, (1, 1), None)).logits > 0
    assert clean.sum() == 1
    assert clean[7, 8]
