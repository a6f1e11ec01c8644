"""The cost maps that the editor's scissors are held against are what the reference gives today."""

from __future__ import annotations

import json

import numpy as np

from tests.golden import cost_cases
from tests.golden.make_golden import FOLDER


def test_the_golden_cost_maps_are_those_of_the_reference() -> None:
    stored = json.loads((FOLDER / "edge_cost.json").read_text(encoding="utf-8"))
    fresh = cost_cases.costs()
    assert [case["name"] for case in stored["cases"]] == [case["name"] for case in fresh["cases"]]
    for old, new in zip(stored["cases"], fresh["cases"], strict=True):
        assert old["rgb"] == new["rgb"], old["name"]
        apart = np.abs(np.subtract(old["cost"], new["cost"]))
        assert np.mean(apart > 1) <= 0.01, f"{old['name']}: {apart.max()}"
