"""Fetching what a person's address names: real servers on this machine, real sockets, nothing private without leave."""

from __future__ import annotations

import http.server
import io
import ipaddress
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from annotator.services import fetch as fetching
from annotator.services.fetch import Limits, Refused, fetch, is_public

BODY = bytes(range(256)) * 40


class Handler(http.server.BaseHTTPRequestHandler):
    hosts: list[str]

    def do_GET(self) -> None:
        self.hosts.append(self.headers["Host"])
        path = self.path.split("?")[0]
        if path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path[4:])
            self.end_headers()
        elif path == "/missing":
            self.send_error(404)
        elif path == "/gzip":
            self.answer(BODY, **{"Content-Encoding": "gzip"})
        elif path == "/lies":
            self.answer(BODY[:100], length=500)
        elif path == "/endless":
            self.send_response(200)
            self.end_headers()
            self.pour(b"x" * 65536, 0)
        elif path == "/dribble":
            self.send_response(200)
            self.send_header("Content-Length", "100000")
            self.end_headers()
            self.pour(b"x", 0.02)
        elif path == "/slow-head":
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            self.pour(b"X-A: b\r\n", 0.02)
        else:
            self.answer(BODY)

    def answer(self, body: bytes, length: int | None = None, **headers: str) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def pour(self, chunk: bytes, pause: float) -> None:
        try:
            while not self.server.stopping.wait(pause):  # type: ignore[attr-defined]
                self.wfile.write(chunk)
        except OSError:
            return

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        return


@pytest.fixture
def server() -> Iterator[http.server.ThreadingHTTPServer]:
    Handler.hosts = []
    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.stopping = threading.Event()  # type: ignore[attr-defined]
    thread = threading.Thread(target=running.serve_forever, args=(0.01,))
    thread.start()
    yield running
    running.stopping.set()  # type: ignore[attr-defined]
    running.shutdown()
    thread.join()
    running.server_close()


def local(address: fetching.Address) -> bool:
    return address.is_loopback


def got(server: Any, path: str, limits: Limits | None = None) -> tuple[str, bytes]:
    target = io.BytesIO()
    url = f"http://127.0.0.1:{server.server_port}{path}"
    name = fetch(url, target, limits=limits or Limits(max_bytes=1_000_000), allowed=local)
    return name, target.getvalue()


def test_file_arrives_whole_with_the_name_of_its_address(server: Any) -> None:
    assert got(server, "/deep/photo%20one.jpg?size=1") == ("photo one.jpg", BODY)
    assert got(server, "/") == ("file", BODY)
    assert got(server, "/..%2f..%2fetc%2fpasswd")[0] == "etcpasswd"


def test_redirects_are_followed_a_few_times(server: Any) -> None:
    assert got(server, "/to//to//a.png") == ("a.png", BODY)
    with pytest.raises(Refused, match="more than 5 redirects"):
        got(server, "/to/" * 7 + "/a.png")


@pytest.mark.parametrize(
    ("path", "limits", "message"),
    [
        ("/missing", Limits(10**6), "answered 404"),
        ("/gzip", Limits(10**6), "compressed answer"),
        ("/lies", Limits(10**6), "hung up before the end"),
        ("/big", Limits(1000), "larger than the limit"),
        ("/endless", Limits(10**6), "larger than the limit"),
        ("/dribble", Limits(10**6, total_seconds=0.3), "does not answer in time"),
        ("/slow-head", Limits(10**6, total_seconds=0.3), "does not answer in time"),
    ],
)
def test_bad_answers_are_refused_with_a_word(server: Any, path: str, limits: Limits, message: str) -> None:
    began = time.monotonic()
    with pytest.raises(Refused, match=message):
        got(server, path, limits)
    assert time.monotonic() - began < 10


def test_redirect_into_the_private_network_is_refused(server: Any) -> None:
    port = server.server_port

    def not_two(address: fetching.Address) -> bool:
        return str(address) == "127.0.0.1"

    with pytest.raises(Refused, match="not on the public internet"):
        fetch(f"http://127.0.0.1:{port}/to/http://127.0.0.2:{port}/a.png", io.BytesIO(), allowed=not_two)
    assert len(Handler.hosts) == 1


def test_name_that_changes_its_mind_is_asked_only_once(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rebinding name server's second answer never counts: the connection goes to the address that was checked."""
    answers = iter(["127.0.0.1", "127.0.0.2"])

    def resolver(host: str, port: int, **_: Any) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    original = socket.getaddrinfo
    monkeypatch.setattr(
        fetching.socket, "getaddrinfo",
        lambda host, port, *a, **k: resolver(host, port) if host == "rebind.example" else original(host, port, *a, **k),
    )  # fmt: skip
    target = io.BytesIO()
    fetch(
        f"http://rebind.example:{server.server_port}/a",
        target,
        allowed=lambda address: str(address) == "127.0.0.1",
    )
    assert target.getvalue() == BODY
    assert next(answers) == "127.0.0.2"
    assert Handler.hosts == [f"rebind.example:{server.server_port}"]


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/a",
        "file:///etc/passwd",
        "gopher://example.org/",
        "//example.org/a",
        "http://",
        "http://user:secret@example.org/",
        "http://example.org:99999/",
        "http://example.org:0/",
        "http://exa mple.org/",
        "http://example.org/a\r\nHost: b",
        "http://[::1",
        "",
    ],
)
def test_addresses_that_are_none_are_refused(url: str) -> None:
    with pytest.raises(Refused) as caught:
        fetch(url, io.BytesIO(), limits=Limits(1000))
    assert caught.value.problems[0].where == url


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1",
     "224.0.0.1", "255.255.255.255", "[::1]", "[::]", "[fe80::1]", "[fc00::1]", "[ff02::1]", "[::ffff:127.0.0.1]",
     "[::ffff:10.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "0x7f.1", "2130706433"],
)  # fmt: skip
def test_no_way_into_the_private_network(host: str, settings: Any) -> None:
    with pytest.raises(Refused, match=r"not on the public internet|is not found"):
        fetch(f"http://{host}/", io.BytesIO(), limits=Limits(1000, connect_seconds=0.5))


def test_public_addresses_are_public() -> None:
    for text in (
        "1.1.1.1",
        "93.184.216.34",
        "2606:2800:220:1:248:1893:25c8:1946",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
    ):
        assert is_public(ipaddress.ip_address(text)), text
