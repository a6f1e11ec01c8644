from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.core.errors import InvalidInput, TooLarge
from annotator.formats.tree import FolderTree, ZipTree, read_all, safe_name


def zip_of(files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    buffer.seek(0)
    return buffer


def test_zip_and_folder_show_the_same_files(tmp_path) -> None:
    files = {"b/c.txt": b"c", "a.txt": b"a", ".DS_Store": b"", "__MACOSX/a.txt": b"", "b/._c.txt": b""}
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    for tree in (FolderTree(tmp_path), ZipTree(zip_of(files))):
        assert list(tree.names()) == ["a.txt", "b/c.txt"]
        assert read_all(tree, "b/c.txt") == b"c"


@pytest.mark.parametrize("name", ["../evil", "a/../../evil", "/etc/passwd", "C:/x", "a\0b", "", "."])
def test_unsafe_names_are_refused(name: str) -> None:
    assert safe_name(name) is None


def test_backslashes_are_separators() -> None:
    assert safe_name("a\\b\\c.png") == "a/b/c.png"
    assert safe_name("..\\evil") is None


def test_every_unsafe_name_of_a_zip_is_told() -> None:
    with pytest.raises(InvalidInput) as caught:
        ZipTree(zip_of({"../one": b"", "fine": b"", "/two": b""}))
    assert [problem.where for problem in caught.value.problems] == ["../one", "/two"]


def test_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    with pytest.raises(InvalidInput) as caught:
        ZipTree(zip_of({"bomb.png": bytes(40 << 20)}))
    assert "bomb" in caught.value.problems[0].message


def test_limits_on_files_and_bytes() -> None:
    files = {"a": b"12345", "b": b"67890"}
    with pytest.raises(TooLarge, match="2 files; the limit is 1"):
        ZipTree(zip_of(files), max_files=1)
    with pytest.raises(TooLarge, match="10 bytes; the limit is 9"):
        ZipTree(zip_of(files), max_bytes=9)


def test_link_out_of_the_folder_is_left_out(tmp_path) -> None:
    (tmp_path / "secret").write_text("secret")
    inside = tmp_path / "dataset"
    inside.mkdir()
    (inside / "link").symlink_to(tmp_path / "secret")
    assert list(FolderTree(inside).names()) == []


@given(
    cut=st.integers(0, 400), flips=st.lists(st.tuples(st.integers(0, 399), st.integers(1, 255)), max_size=8)
)
def test_damaged_zip_is_an_error_of_the_domain(cut: int, flips: list[tuple[int, int]]) -> None:
    data = bytearray(zip_of({"a.json": b'{"images": []}' * 9, "b/c.png": bytes(range(64))}).getvalue())
    for place, bits in flips:
        data[place % len(data)] ^= bits
    try:
        tree = ZipTree(io.BytesIO(bytes(data[: len(data) - cut % 5 * 40])))
        for name in tree.names():
            read_all(tree, name)
    except (InvalidInput, TooLarge):
        pass
