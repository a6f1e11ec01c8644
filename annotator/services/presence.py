"""Who has an image open at this moment.

Kept in the cache and nowhere else: a heartbeat of fifty people must not wait for, nor hold up, whoever writes to the
database. Each image has one entry, which every heartbeat rewrites. Two at the same instant may lose one of them; the
next heartbeat, a few seconds later, puts it right. Several web processes need Redis to see each other's people. While
it does not answer nobody is seen, and everything else that a heartbeat tells is told.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.core.cache import cache
from redis.exceptions import RedisError

from annotator.models import ImageAsset, User

logger = logging.getLogger(__name__)

EXPIRES = 30.0  # seconds after the last heartbeat; one comes every 10
MAX_TABS = 200  # of one image: more than that is a program gone wrong


@dataclass(frozen=True, slots=True)
class Presence:
    """One person at an image; of a person with several tabs the one that draws counts.

    Attributes:
        editing: changed something within the last minute, as their editor says.
        document: the one that they have open.
    """

    user: UUID
    email: str
    name: str
    editing: bool
    document: str


Tabs = Mapping[str, tuple[float, Presence]]


def presence_beat(
    *,
    image: ImageAsset,
    user: User,
    tab: str,
    document: UUID | None = None,
    editing: bool = False,
    now: Callable[[], float] = time.time,
) -> list[Presence]:
    """Tell that a person's tab has the image open.

    Returns:
        Everybody else who has, the name first in the alphabet first.
    """
    tabs = _living(image, now())
    mine = Presence(user.pk, user.email, user.name, editing, str(document or ""))
    tabs[f"{user.pk} {tab}"] = (now() + EXPIRES, mine)
    newest = dict(sorted(tabs.items(), key=lambda item: -item[1][0])[:MAX_TABS])
    _keep(image, newest)
    return _others(newest, user)


def presence_end(
    *, image: ImageAsset, user: User, tab: str, now: Callable[[], float] = time.time
) -> list[Presence]:
    """Tell that a person's tab has left the image. Returns everybody else who is there."""
    tabs = _living(image, now())
    if tabs.pop(f"{user.pk} {tab}", None) is not None:
        _keep(image, tabs)
    return _others(tabs, user)


def _key(image: ImageAsset) -> str:
    return f"presence:{image.pk}"


def _living(image: ImageAsset, now: float) -> dict[str, tuple[float, Presence]]:
    try:
        tabs: Tabs = cache.get(_key(image)) or {}
    except RedisError as problem:
        logger.warning("who has an image open is not known: %s", problem)
        tabs = {}
    return {key: (until, who) for key, (until, who) in tabs.items() if until > now}


def _keep(image: ImageAsset, tabs: Tabs) -> None:
    try:
        cache.set(_key(image), tabs, EXPIRES)
    except RedisError as problem:
        logger.warning("who has an image open is not kept: %s", problem)


def _others(tabs: Tabs, user: User) -> list[Presence]:
    people: dict[UUID, Presence] = {}
    for _until, who in tabs.values():
        if who.user != user.pk and (who.user not in people or who.editing):
            people[who.user] = who
    return sorted(people.values(), key=lambda who: ((who.name or who.email).lower(), str(who.user)))
