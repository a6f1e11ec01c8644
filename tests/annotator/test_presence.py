"""Who has an image open: seen by others, gone after leaving or falling silent, and no write to the database."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from django.core.cache import cache
from redis.exceptions import ConnectionError as RedisConnectionError

from annotator.models import ImageAsset, User
from annotator.services.presence import EXPIRES, presence_beat, presence_end


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def person(name: str) -> User:
    return User(id=uuid.uuid4(), email=f"{name.lower()}@example.org", name=name)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


# None of these tests may touch the database: pytest-django refuses it without the mark.


def test_two_people_see_each_other_but_not_themselves() -> None:
    image, ana, rui = ImageAsset(), person("Ana"), person("Rui")
    assert presence_beat(image=image, user=ana, tab="1") == []
    assert [one.name for one in presence_beat(image=image, user=rui, tab="2", editing=True)] == ["Ana"]
    seen = presence_beat(image=image, user=ana, tab="1")
    assert [(one.name, one.editing) for one in seen] == [("Rui", True)]
    assert presence_beat(image=ImageAsset(), user=ana, tab="1") == []


def test_whoever_leaves_or_falls_silent_is_gone() -> None:
    image, ana, rui, clock = ImageAsset(), person("Ana"), person("Rui"), Clock()
    presence_beat(image=image, user=rui, tab="2", now=clock)
    assert presence_end(image=image, user=rui, tab="2", now=clock) == []
    assert presence_beat(image=image, user=ana, tab="1", now=clock) == []
    presence_beat(image=image, user=rui, tab="2", now=clock)
    clock.now += EXPIRES - 0.1
    assert len(presence_beat(image=image, user=ana, tab="1", now=clock)) == 1
    clock.now += 0.2
    assert presence_beat(image=image, user=ana, tab="1", now=clock) == []


def test_a_person_with_several_tabs_is_one_person_and_stays_until_the_last_is_closed() -> None:
    image, ana, rui = ImageAsset(), person("Ana"), person("Rui")
    presence_beat(image=image, user=rui, tab="1", editing=True)
    presence_beat(image=image, user=rui, tab="2")
    assert [one.editing for one in presence_beat(image=image, user=ana, tab="1")] == [True]
    presence_end(image=image, user=rui, tab="1")
    assert [one.editing for one in presence_beat(image=image, user=ana, tab="1")] == [False]


def test_a_program_gone_wrong_does_not_fill_the_cache() -> None:
    image, ana, rui, clock = ImageAsset(), person("Ana"), person("Rui"), Clock()
    for number in range(400):
        clock.now += 0.001
        presence_beat(image=image, user=rui, tab=str(number), now=clock)
    assert len(presence_beat(image=image, user=ana, tab="1", now=clock)) == 1
    assert len(cache.get(f"presence:{image.pk}")) == 200


def test_without_redis_nobody_is_seen_and_nothing_else_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_given: object) -> None:
        raise RedisConnectionError("no Redis")

    image, ana, rui = ImageAsset(), person("Ana"), person("Rui")
    presence_beat(image=image, user=ana, tab="1")
    with monkeypatch.context() as patch:
        patch.setattr(cache, "get", away)
        patch.setattr(cache, "set", away)
        assert presence_beat(image=image, user=rui, tab="2") == []
        assert presence_end(image=image, user=rui, tab="2") == []
    assert [one.name for one in presence_beat(image=image, user=rui, tab="2")] == ["Ana"]
