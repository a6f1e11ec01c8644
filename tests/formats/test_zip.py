from __future__ import annotations

import io
import tracemalloc
import zipfile
from collections.abc import Iterator

import pytest

from annotator.core.errors import InvalidInput
from annotator.formats.codec import Member
from annotator.formats.zip import write_zip


def test_same_members_give_same_bytes_that_unzip_reads() -> None:
    def members() -> Iterator[Member]:
        yield Member("a/b.json", [b"{", b"}" * 5000])
        yield Member("images/ç é.png", [b"\x89PNG"])

    first, second = io.BytesIO(), io.BytesIO()
    assert write_zip(first, members()) == write_zip(second, members()) == 2
    assert first.getvalue() == second.getvalue()
    with zipfile.ZipFile(first) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["a/b.json", "images/ç é.png"]
        assert archive.read("a/b.json") == b"{" + b"}" * 5000
        assert [entry.compress_type for entry in archive.infolist()] == [
            zipfile.ZIP_DEFLATED,
            zipfile.ZIP_STORED,
        ]
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize("path", ["", "/etc/passwd", "../up", "a/../b", "a//b", "a\\b", "./a"])
def test_path_that_leaves_the_archive_is_refused(path: str) -> None:
    with pytest.raises(InvalidInput, match="no path"):
        write_zip(io.BytesIO(), [Member(path, [b"x"])])


def test_path_written_twice_is_refused_by_name() -> None:
    with pytest.raises(InvalidInput, match=r"images/a\.jpg"):
        write_zip(io.BytesIO(), [Member("images/a.jpg", [b"1"]), Member("images/a.jpg", [b"2"])])


def test_member_larger_than_memory_is_streamed(tmp_path) -> None:
    chunk = bytes(1 << 20)
    tracemalloc.start()
    with (tmp_path / "large.zip").open("wb") as file:
        write_zip(file, [Member("large.bin", (chunk for _ in range(200)))])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 << 20


def test_callback_may_stop_the_writing() -> None:
    def stop(taken: int) -> None:
        if taken > 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_zip(io.BytesIO(), [Member("a.txt", [b"ab", b"cd", b"ef"])], after_chunk=stop)
