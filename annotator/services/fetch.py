"""Fetching a file from an address that a person typed, without becoming a door into the operator's network.

Owns which addresses may be reached and the limits on size and time. Does not own what the file is (`ingest.py` looks at
its content). The name is resolved once, every address it gives is checked, and the connection goes to the checked
address itself, so that a name that resolves differently the second time changes nothing. Each redirect is checked anew.
No proxy of the environment is used.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, TypeAlias
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from annotator.core.errors import InvalidInput, Problem

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
PORTS = {"http": 80, "https": 443}
REDIRECTS = frozenset({301, 302, 303, 307, 308})
MAX_REDIRECTS = 5
CHUNK = 1 << 16
USER_AGENT = "Contorno (image import)"
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on one fetch, redirects included."""

    max_bytes: int
    connect_seconds: float = 10.0
    total_seconds: float = 120.0


class Refused(InvalidInput):
    """The address may not be reached, or what it answered may not be taken."""

    title = gettext_noop("The address cannot be fetched")


def is_public(address: Address) -> bool:
    """Say whether an address is on the public internet: not private, loopback, link-local, multicast or reserved.

    An IPv6 address that stands for an IPv4 address is judged by that one; the old tunnels (6to4, Teredo) are refused.
    """
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address in NAT64:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
        if address.sixtofour is not None or address.teredo is not None:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def default_limits() -> Limits:
    return Limits(max_bytes=int(settings.MAX_UPLOAD_BYTES))


def allowed_by_settings(address: Address) -> bool:
    """Give what `is_public` says, unless the operator allows private addresses (an image server of their own)."""
    return bool(settings.FETCH_PRIVATE_ADDRESSES) or is_public(address)


def fetch(
    url: str,
    target: BinaryIO,
    *,
    limits: Limits | None = None,
    allowed: Callable[[Address], bool] = allowed_by_settings,
) -> str:
    """Fetch a file over http or https into `target`.

    Args:
        target: open for writing; what was written before a failure stays in it.
        allowed: says which addresses may be connected to.

    Returns:
        A file name made of the last part of the address's path.

    Raises:
        Refused: the address is malformed or not allowed, does not answer in time, answers anything but 200, or the
            file is too large.
    """
    limits = limits or default_limits()
    deadline = time.monotonic() + limits.total_seconds
    current = url
    for _step in range(MAX_REDIRECTS + 1):
        parts = _split(current)
        with _Exchange(parts, allowed, limits, deadline) as exchange:
            location = exchange.answer(current)
            if location is None:
                exchange.body(target, current)
                return _name(url)
        following = urljoin(current, location)
        if parts.scheme == "https" and not following.lower().startswith("https:"):
            raise _refused(url, _("redirects from https to something else are not followed"))
        current = following
    raise _refused(url, _("more than %(count)s redirects") % {"count": MAX_REDIRECTS})


def _refused(url: str, message: str) -> Refused:
    return Refused(f"{url[:300]}: {message}", [Problem(url[:300], message)])


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _refused(url, _("not an address (%(reason)s)") % {"reason": error}) from error
    if parts.scheme not in PORTS:
        raise _refused(url, _("only http and https addresses are fetched"))
    if not parts.hostname or parts.username is not None or parts.password is not None or port == 0:
        raise _refused(url, _("the address needs a host, and no user name"))
    if any(ord(character) <= 32 or ord(character) == 127 for character in url):
        raise _refused(url, _("an address has no spaces or control characters"))
    return parts


def _name(url: str) -> str:
    last = unquote(urlsplit(url).path.rsplit("/", 1)[-1])
    clean = "".join(
        character for character in last if character.isprintable() and character not in '/\\:*?"<>|'
    )
    return clean.strip(". ")[-200:] or "file"


def checked_address(parts: SplitResult, allowed: Callable[[Address], bool]) -> tuple[str, int]:
    """Resolve a host and check every address that it has.

    Returns:
        The first address, and the port.

    Raises:
        Refused: it does not resolve, or one of its addresses is not allowed.
    """
    url, host = parts.geturl(), parts.hostname or ""
    port = parts.port or PORTS[parts.scheme]
    try:
        found = socket.getaddrinfo(host.encode("idna").decode(), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise _refused(url, _("the host %(host)s is not found") % {"host": host[:200]}) from error
    addresses = [str(entry[4][0]) for entry in found]
    for text in addresses:
        if not allowed(ipaddress.ip_address(text.split("%")[0])):
            raise _refused(url, _("the host %(host)s is not on the public internet") % {"host": host[:200]})
    if not addresses:
        raise _refused(url, _("the host %(host)s is not found") % {"host": host[:200]})
    return addresses[0], port


class _Connection(http.client.HTTPConnection):
    """A connection to one checked address, whatever the host's name resolves to by now."""

    def __init__(self, parts: SplitResult, address: tuple[str, int], timeout: float) -> None:
        super().__init__(parts.hostname or "", address[1], timeout=timeout)
        self._address = address
        self._context = ssl.create_default_context() if parts.scheme == "https" else None

    def connect(self) -> None:
        self.sock = socket.create_connection(self._address, self.timeout)
        if self._context is not None:
            self.sock = self._context.wrap_socket(self.sock, server_hostname=self.host)

    def hang_up(self) -> None:
        """End a read that is going on in another thread."""
        try:
            if self.sock is not None:
                self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return


class _Exchange:
    """One request and its answer. A timer hangs up at the deadline, however slowly the other side dribbles."""

    def __init__(
        self, parts: SplitResult, allowed: Callable[[Address], bool], limits: Limits, deadline: float
    ) -> None:
        address = checked_address(parts, allowed)
        self._parts = parts
        self._limits = limits
        self._deadline = deadline
        self._connection = _Connection(parts, address, limits.connect_seconds)
        self._timer = threading.Timer(max(0.0, deadline - time.monotonic()), self._connection.hang_up)
        self._timer.daemon = True
        self._response: http.client.HTTPResponse | None = None

    def __enter__(self) -> _Exchange:  # noqa: PYI034  # private, and not made to be inherited
        self._timer.start()
        return self

    def __exit__(self, *_details: object) -> None:
        self._timer.cancel()
        self._connection.close()

    def answer(self, url: str) -> str | None:
        """Send the request. Returns where a redirect leads, or None where the file follows."""
        path = self._parts.path or "/"
        target = f"{path}?{self._parts.query}" if self._parts.query else path
        default = PORTS[self._parts.scheme]
        host = self._parts.hostname or ""
        host = f"[{host}]" if ":" in host else host.encode("idna").decode()
        port = self._parts.port or default
        headers = {
            "Host": host if port == default else f"{host}:{port}",
            "User-Agent": USER_AGENT,
            "Accept": "image/*, application/zip, */*;q=0.5",
            "Accept-Encoding": "identity",
            "Connection": "close",
        }
        try:
            self._connection.request("GET", target, headers=headers)
            self._response = self._connection.getresponse()
        except (OSError, http.client.HTTPException, UnicodeError, ValueError) as error:
            raise _refused(url, self._reason(error)) from error
        status, location = self._response.status, self._response.getheader("Location")
        if status in REDIRECTS and location:
            return location
        self._check(url, status)
        return None

    def _check(self, url: str, status: int) -> None:
        assert self._response is not None
        if status != http.HTTPStatus.OK:
            raise _refused(url, _("the server answered %(status)s") % {"status": status})
        if (self._response.getheader("Content-Encoding") or "identity").lower() != "identity":
            raise _refused(url, _("the server sent a compressed answer that was not asked for"))
        length = self._response.getheader("Content-Length") or ""
        if length.isdigit() and int(length) > self._limits.max_bytes:
            raise self._too_large(url)

    def body(self, target: BinaryIO, url: str) -> None:
        assert self._response is not None
        taken = 0
        while True:
            try:
                chunk = self._response.read1(CHUNK)
            except (OSError, http.client.HTTPException, ValueError) as error:
                raise _refused(url, self._reason(error)) from error
            if time.monotonic() >= self._deadline:
                raise _refused(url, self._reason(TimeoutError()))
            if not chunk:
                break
            taken += len(chunk)
            if taken > self._limits.max_bytes:
                raise self._too_large(url)
            target.write(chunk)
        length = self._response.getheader("Content-Length") or ""
        if length.isdigit() and int(length) != taken:
            raise _refused(url, _("the server hung up before the end of the file"))

    def _too_large(self, url: str) -> Refused:
        limit = self._limits.max_bytes // 1_000_000
        return _refused(url, _("the file is larger than the limit of %(limit)s MB") % {"limit": limit})

    def _reason(self, error: BaseException) -> str:
        if isinstance(error, TimeoutError) or time.monotonic() >= self._deadline:
            return _("the server does not answer in time")
        if isinstance(error, ssl.SSLError):
            return _("no secure connection: %(reason)s") % {"reason": str(error)[:200]}
        return _("the connection failed: %(reason)s") % {"reason": str(error)[:200]}
