"""The network: its outputs, what it does not learn from, that it learns, and that it can be scripted."""

from __future__ import annotations

import io
import warnings

import pytest

torch = pytest.importorskip("torch")

from torch import Tensor, nn  # noqa: E402
from torchvision.models.detection import maskrcnn_resnet50_fpn, maskrcnn_resnet50_fpn_v2  # noqa: E402

from annotator.core.errors import InvalidInput  # noqa: E402
from ml_worker.nets.mask_rcnn import build_mask_rcnn, ignored_share, norm_of  # noqa: E402
from tests.ml_worker.scenes import plan_of  # noqa: E402

ANCHORS = {"sizes": [[8], [16], [24], [32], [48]], "ratios": [0.5, 1.0, 2.0]}


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)


def _plan(**values: object) -> dict:
    return {
        **plan_of(),
        "encoder": "resnet18",
        "variant": "v1",
        "weights": "scratch",
        "anchors": ANCHORS,
        **values,
    }


def _target(boxes: list[list[float]], labels: list[int], size: int, ignore: Tensor | None = None) -> dict:
    masks = torch.zeros((len(boxes), size, size), dtype=torch.uint8)
    for at, (x0, y0, x1, y1) in enumerate(boxes):
        masks[at, int(y0) : int(y1), int(x0) : int(x1)] = 1
    return {
        "boxes": torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4),
        "labels": torch.tensor(labels, dtype=torch.int64),
        "masks": masks,
        "ignore": torch.zeros((0, 0), dtype=torch.uint8) if ignore is None else ignore,
    }


def test_outputs_are_in_the_order_of_the_plan_and_no_more_than_it_allows() -> None:
    torch.manual_seed(0)
    net = build_mask_rcnn(_plan(detections=7)).eval()
    assert net.roi_heads.box_predictor.cls_score.out_features == 3
    with torch.no_grad():
        images = [torch.rand(3, 70, 50), torch.rand(3, 64, 96)]
        found, detected, features = net(images), net.detect(images), net.features(images)
    for one, raw, image in zip(found, detected, images, strict=True):
        assert one["masks"].shape[1:] == (1, *image.shape[1:])  # of the picture, which was not resized
        assert len(one["labels"]) <= 7 and set(one["labels"].tolist()) <= {1, 2}
        assert raw["masks"].shape[1:] == (1, 28, 28)
        assert torch.allclose(raw["boxes"], one["boxes"], atol=1e-3)  # only the layout in memory differs
    assert features.shape == (2, 128)


@pytest.mark.parametrize("variant", ["v1", "v2"])
def test_keys_are_those_of_torchvision(variant: str) -> None:
    make = {"v1": maskrcnn_resnet50_fpn, "v2": maskrcnn_resnet50_fpn_v2}[variant]
    expected = make(weights=None, weights_backbone=None, num_classes=3).state_dict()
    own = build_mask_rcnn(
        _plan(encoder="resnet50", variant=variant, weights="hub", anchors=None)
    ).state_dict()
    # Frozen norms count no batches; torchvision builds v1 with frozen ones only when it has weights to load.
    shapes = [
        {key: value.shape for key, value in one.items() if not key.endswith("num_batches_tracked")}
        for one in (own, expected)
    ]
    assert shapes[0] == shapes[1]


def test_what_starts_from_scratch_has_no_batch_norm_and_a_descendant_is_built_like_its_parent() -> None:
    net = build_mask_rcnn(_plan())
    assert not any(isinstance(one, nn.BatchNorm2d) or "Frozen" in type(one).__name__ for one in net.modules())
    assert any(isinstance(one, nn.GroupNorm) for one in net.modules())
    assert all(one.requires_grad for one in net.parameters())
    assert (norm_of(_plan(weights="hub")), norm_of(_plan(weights="hub", variant="v2"))) == ("frozen", "batch")
    assert norm_of(_plan(weights="model", norm="frozen")) == "frozen"
    with pytest.raises(InvalidInput, match="layer"):
        norm_of(_plan(norm="layer"))


def test_random_resnet_with_frozen_batch_norm_explodes_and_with_group_norm_does_not() -> None:
    image = [torch.rand(3, 64, 64)]
    spread = {}
    for norm in ("frozen", "group"):
        net = build_mask_rcnn(_plan(encoder="resnet50", norm=norm)).eval()
        with torch.no_grad():
            spread[norm] = float(net.backbone.body(net.transform(image)[0].tensors)["3"].std())
    assert spread["frozen"] > 10 * spread["group"]


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"encoder": "vgg"}, "vgg"),
        ({"variant": "v3"}, "v3"),
        ({"anchors": {"sizes": [[8], [16]], "ratios": [1.0]}}, "2 levels"),
        ({"anchors": {"sizes": [[8], [16, 20], [24], [32], [48]], "ratios": [1.0]}}, "equally many"),
    ],
)
def test_plan_that_cannot_be_built_is_named(values: dict, named: str) -> None:
    with pytest.raises(InvalidInput, match=named):
        build_mask_rcnn(_plan(**values))


def test_share_of_boxes_in_ignored_pixels_by_hand() -> None:
    ignore = torch.zeros((10, 20), dtype=torch.uint8)
    ignore[:, 10:] = 1
    boxes = torch.tensor([[0, 0, 10, 10], [5, 0, 15, 10], [12, 2, 14, 4], [15, -5, 30, 5], [30, 0, 40, 5]])
    assert ignored_share(boxes.float(), ignore).tolist() == [0, 0.5, 1, 1, 0]


def test_anchors_and_proposals_in_ignored_pixels_are_left_out_and_objects_there_are_not() -> None:
    net = build_mask_rcnn(_plan())
    ignore = torch.zeros((64, 64), dtype=torch.uint8)
    ignore[:, 32:] = 1
    target = _target([[40.0, 8.0, 56.0, 24.0]], [2], 64, ignore)
    anchors = torch.tensor(
        [[40, 8, 56, 24], [36, 40, 60, 60], [4, 4, 20, 20], [20, 30, 40, 60], [28, 30, 48, 60]]
    ).float()
    labels, _ = net.rpn.assign_targets_to_anchors([anchors], [target])
    assert labels[0].tolist() == [1, -1, 0, 0, -1]
    proposals, _, labels, _ = net.roi_heads.select_training_samples([anchors], [target])
    kept = dict(zip((tuple(one) for one in proposals[0].tolist()), labels[0].tolist(), strict=True))
    assert kept == {(40, 8, 56, 24): 2, (4, 4, 20, 20): 0, (20, 30, 40, 60): 0}


def test_losses_are_finite_for_images_without_objects_and_all_ignored() -> None:
    net = build_mask_rcnn(_plan()).train()
    everywhere = torch.ones((64, 64), dtype=torch.uint8)
    losses = net(
        [torch.rand(3, 64, 64) for _ in range(3)],
        [_target([], [], 64), _target([[8.0, 8.0, 24.0, 24.0]], [1], 64), _target([], [], 64, everywhere)],
    )
    assert set(losses) == {
        "loss_objectness",
        "loss_rpn_box_reg",
        "loss_classifier",
        "loss_box_reg",
        "loss_mask",
    }
    assert all(torch.isfinite(one) for one in losses.values())
    only_empty = net([torch.rand(3, 64, 64)], [_target([], [], 64)])
    sum(only_empty.values()).backward()
    assert all(torch.isfinite(one) for one in only_empty.values())


@pytest.mark.slow
def test_network_learns_a_square() -> None:
    net = build_mask_rcnn(_plan(detections=5)).train()
    image = torch.zeros(3, 64, 64)
    image[:, 20:40, 12:36] = 1
    target = _target([[12.0, 20.0, 36.0, 40.0]], [2], 64)
    optimiser = torch.optim.AdamW(net.parameters(), 1e-3)
    for _ in range(30):
        losses = net([image], [target])
        optimiser.zero_grad()
        sum(losses.values()).backward()
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimiser.step()
    net.eval()
    with torch.no_grad():
        found = net([image])[0]
    assert found["labels"][0] == 2 and found["scores"][0] > 0.5
    mask, truth = found["masks"][0, 0] > 0.5, target["masks"][0] > 0
    assert (mask & truth).sum() / (mask | truth).sum() > 0.7


def test_script_gives_the_same_detections() -> None:
    net = build_mask_rcnn(_plan(detections=5)).eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scripted = torch.jit.script(net)
        file = io.BytesIO()
        torch.jit.save(scripted, file)
        file.seek(0)
        again = torch.jit.load(file)
        image = torch.rand(3, 64, 80)
        with torch.no_grad():
            expected, (_, found) = net([image]), again([image])
    for key, value in expected[0].items():
        assert torch.allclose(found[0][key], value, atol=1e-5), key
