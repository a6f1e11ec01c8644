"""The limit on sign-in attempts: by address and e-mail together, and by address alone.

Owns the counting, in the cache. Does not own who may sign in.
"""

from __future__ import annotations

import hashlib
import logging
import time

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from annotator.core.errors import TooManyRequests

logger = logging.getLogger(__name__)

WINDOW_SECONDS = 15 * 60
LIMIT_PER_PERSON = 10  # from one address for one e-mail: enough for a forgetful person
LIMIT_PER_ADDRESS = 100  # an office behind one address signs in on a Monday morning


class SignInLimited(TooManyRequests):
    """Too many failed attempts; `extra` says how many seconds to wait."""

    type = "too-many-requests"

    def __init__(self, seconds: int) -> None:
        minutes = max(1, -(-seconds // 60))
        super().__init__(
            _("too many attempts to sign in; try again in %(minutes)s minutes") % {"minutes": minutes}
        )
        self.extra = {"retry_after": seconds}


def address_of(request: HttpRequest) -> str:
    """The visitor's address: as the outermost of our own proxies saw it, where there are any."""
    seen = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    proxies = settings.TRUSTED_PROXIES
    if proxies and len(seen) >= proxies:
        return seen[-proxies]
    return request.META.get("REMOTE_ADDR", "")


def attempt_begins(request: HttpRequest, email: str) -> None:
    """Count an attempt before its password is looked at, so that many at once are counted too.

    Raises:
        SignInLimited: the limit is reached.
    """
    person, address = _keys(request, email)
    for key, limit in ((person, LIMIT_PER_PERSON), (address, LIMIT_PER_ADDRESS)):
        count, seconds = _count(key)
        if count > limit:
            raise SignInLimited(seconds)


def attempt_succeeded(request: HttpRequest, email: str) -> None:
    """Forget the person's failed attempts, and do not count this one against the address."""
    person, address = _keys(request, email)
    try:
        cache.delete_many([person, f"{person}:end"])
        cache.decr(address)
    except (RedisError, ValueError) as problem:
        logger.warning("sign-in attempts are not counted down: %s", problem)


def _count(key: str) -> tuple[int, int]:
    """One more for `key`: how many there are now in its window, and in how many seconds that ends.

    A cache that does not answer must lock nobody out: then nothing is counted, and the log says so.
    """
    try:
        end = cache.get_or_set(f"{key}:end", lambda: time.time() + WINDOW_SECONDS, WINDOW_SECONDS)
        seconds = max(1, round((end or 0) - time.time()))
        if cache.add(key, 1, seconds):
            return 1, seconds
        return cache.incr(key), seconds
    except ValueError:  # it ran out between the two calls
        return 1, WINDOW_SECONDS
    except RedisError as problem:
        logger.warning("sign-in attempts are not counted: %s", problem)
        return 0, 0


def _keys(request: HttpRequest, email: str) -> tuple[str, str]:
    address = address_of(request)
    digest = hashlib.sha256(f"{address}|{email.strip().lower()}".encode()).hexdigest()
    return f"sign-in:{digest}", f"sign-in-address:{hashlib.sha256(address.encode()).hexdigest()}"
