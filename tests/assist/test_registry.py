"""Every assist through the list: sizes, hints, determinism, and refusals that name everything."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from annotator.assist.inputs import Choice, Stroke, draw_strokes
from annotator.assist.registry import METHODS, Hints, run
from annotator.core.errors import InvalidInput
from tests.assist.pictures import disc, iou, points, two_tone

ROOT = Path(__file__).resolve().parents[2]
LABELLED = {"superpixels", "kmeans", "hierarchical", "fuzzy"}
PARTS = {
    "superpixels",
    "multi_otsu",
    "range",
    "fuzzy",
    "kmeans",
}  # with the defaults: they find a part, as they should


def hints_for(method: str, width: float, height: float) -> Hints:
    """Marks of an object in the middle of the region, as far as the method takes them."""
    centre, corner = points((width / 2, height / 2)), points((2, 2))
    thin = min(width, height) / 40
    everything = {
        "positive": centre,
        "negative": corner,
        "add": (Stroke(points((width * 0.45, height * 0.5), (width * 0.55, height * 0.5)), thin),),
        "remove": (Stroke(points((2, 2), (width - 2, 2)), thin),),
        "box": (width * 0.15, height * 0.15, width * 0.85, height * 0.85),
        "mask": disc(int(width), width * 0.3),
    }
    kinds = {"add": "strokes", "remove": "strokes"}
    takes = METHODS[method].takes
    return Hints(**{name: value for name, value in everything.items() if kinds.get(name, name) in takes})


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("size", [90, 1100])
def test_every_assist_answers_in_the_regions_own_pixels(method: str, size: int) -> None:
    truth = disc(size, size * 0.27)
    picture = two_tone(truth, noise=6)
    outcome = run(method, picture, {}, hints_for(method, size, size))
    assert outcome.mask.shape == (size, size)
    assert outcome.mask.dtype == np.bool_
    assert (outcome.labels is not None) == (method in LABELLED)
    if outcome.labels is not None:
        assert outcome.labels.shape == (size, size)
    if method not in PARTS:
        assert iou(outcome.mask, truth) > 0.8


@pytest.mark.parametrize("method", METHODS)
def test_every_assist_answers_the_same_twice(method: str) -> None:
    picture = two_tone(disc(120, 33), noise=40)
    one, other = (run(method, picture, {}, hints_for(method, 120, 120)) for _ in range(2))
    assert (one.mask == other.mask).all()
    if one.labels is not None:
        assert (one.labels == other.labels).all()


@pytest.mark.parametrize("method", METHODS)
def test_every_assist_leaves_the_region_and_marks_as_they_were(method: str) -> None:
    picture = two_tone(disc(64, 20), noise=40)
    hints = hints_for(method, 64, 64)
    picture.setflags(write=False)
    hints.positive.setflags(write=False)
    run(method, picture, {}, hints)


@pytest.mark.parametrize("method", sorted(set(METHODS) - {"range", "wand"}))
def test_every_assist_says_that_a_region_has_one_colour_only(method: str) -> None:
    with pytest.raises(InvalidInput, match="the region has one colour only; choose a region that shows"):
        run(method, np.full((64, 64, 3), 90, dtype=np.uint8), {}, hints_for(method, 64, 64))


@pytest.mark.parametrize("method", METHODS)
def test_every_assist_works_on_regions_of_a_few_pixels_or_says_why_not(method: str) -> None:
    for shape in ((1, 1), (1, 7), (7, 1), (2, 2), (3, 5)):
        picture = np.random.default_rng(5).integers(0, 256, (*shape, 3), dtype=np.uint8)
        height, width = shape
        taken = hints_for(method, 9, 9).given()
        mask = np.zeros(shape, dtype=bool)
        mask[0, 0] = True
        given = {
            "positive": points((width / 2, height / 2)), "box": (0, 0, width / 2, height), "mask": mask,
        }  # fmt: skip
        hints = Hints(**{name: value for name, value in given.items() if name in taken})
        try:
            found = run(method, picture, {}, hints).mask.shape
        except InvalidInput as refusal:
            found = refusal
        assert found == shape or len(str(found)) > 20


@pytest.mark.parametrize("method", METHODS)
def test_parameters_have_defaults_within_their_ranges_and_a_word_of_help(method: str) -> None:
    for parameter in METHODS[method].parameters:
        assert parameter.check(parameter.default) == parameter.default
        assert parameter.help.endswith(".")
        beyond = "no such thing" if isinstance(parameter, Choice) else parameter.high + 1
        with pytest.raises(InvalidInput):
            run(method, two_tone(disc(30, 9)), {parameter.name: beyond}, hints_for(method, 30, 30))


def test_everything_that_is_wrong_is_named_at_once() -> None:
    given = {"clusters": "four", "colour": "red"}
    with pytest.raises(InvalidInput) as refusal:
        run("kmeans", two_tone(disc()), given, Hints(box=(1, 1, 9, 9)))
    assert {problem.where for problem in refusal.value.problems} == {
        "parameters.clusters",
        "parameters.colour",
        "box",
    }
    with pytest.raises(InvalidInput) as refusal:
        run("multi_otsu", two_tone(disc()), {"classes": 2, "level": 2})
    assert [problem.where for problem in refusal.value.problems] == ["parameters.level"]
    with pytest.raises(InvalidInput, match="strokes: kmeans takes negative, positive"):
        run("kmeans", two_tone(disc()), {}, Hints(add=(Stroke(points((3, 3)), 2),)))
    with pytest.raises(InvalidInput, match="positive: wand needs it"):
        run("wand", two_tone(disc()))
    with pytest.raises(InvalidInput, match="'magic' is no assist; there are otsu"):
        run("magic", two_tone(disc()))


def test_a_threshold_looks_inside_a_polygon_or_a_box_only() -> None:
    picture = two_tone(disc())
    triangle = np.array([[10, 10], [70, 10], [10, 70]], dtype=np.float32)
    found = run("otsu", picture, {}, Hints(polygons=((triangle,),))).mask
    assert found.any()
    assert not found[60:, 60:].any()
    boxed = run("range", picture, {"low": 0, "high": 255}, Hints(box=(10, 20, 30.4, 40))).mask
    assert boxed.sum() == 20 * 20


def test_strokes_are_round_and_cut_at_the_border_by_hand() -> None:
    dot = draw_strokes([Stroke(points((5.5, 5.5)), 0.5)], 10, 10)
    assert dot.sum() == 1
    assert dot[5, 5]
    line = draw_strokes([Stroke(points((2.5, 5.5), (30, 5.5)), 0.5)], 10, 10)
    assert (line[5] == ([False] * 2 + [True] * 8)).all()
    assert line.sum() == 8
    brush = draw_strokes([Stroke(points((50, 50)), 20)], 100, 100)
    assert iou(brush, disc(100, 20)) > 0.94
    far = draw_strokes([Stroke(points((-1e12, 5), (1e12, 5)), 1)], 10, 10)
    assert far[5].all()


def test_the_editor_knows_at_which_size_every_assist_works() -> None:
    """It chooses regions by these, and calls larger ones coarse."""
    source = (ROOT / "frontend" / "src" / "core" / "assist.ts").read_text()
    listed = source.split("LONGEST", 1)[1].split("= {", 1)[1].split("}", 1)[0]
    known = {name: int(side) for name, side in re.findall(r"(\w+): (\d+),", listed)}
    assert known == {name: method.longest for name, method in METHODS.items()}
