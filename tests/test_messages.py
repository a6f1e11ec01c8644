"""Every message of the server is there in every language, and the check that says so sees what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from django.conf import settings
from django.utils import translation
from django.utils.translation import to_locale

from tools import messages

SOURCE = """
from django.utils.translation import gettext as _, ngettext
def words(n, name):
    return _("saving"), _(" or "), _("%(name)s is taken") % {"name": name}, ngettext("%(n)s file", "%(n)s files", n)
"""
HEADER = r"""msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\n"
"Plural-Forms: nplurals=2; plural=(n > 1);\n"
"""
GOOD = {
    "saving": 'msgid "saving"\nmsgstr "salvando"\n',
    "or": 'msgid " or "\nmsgstr " ou "\n',
    "taken": 'msgid "%(name)s is taken"\nmsgstr "%(name)s já existe"\n',
    "files": 'msgid "%(n)s file"\nmsgid_plural "%(n)s files"\nmsgstr[0] "um arquivo"\nmsgstr[1] "%(n)s arquivos"\n',
}
TAKEN = 'msgid "%(name)s is taken"\n'


@pytest.fixture
def template(tmp_path: Path) -> Catalog:
    """The messages of a small source of our own."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "words.py").write_text(SOURCE)
    return messages.extract(tmp_path, ["app"])


def write(folder: Path, **entries: str) -> Path:
    """A .po with the good entries, some of them replaced or added, and what it compiles to beside it."""
    po = folder / "pt_BR" / "LC_MESSAGES" / "django.po"
    po.parent.mkdir(parents=True)
    po.write_text("\n".join([HEADER, *(GOOD | entries).values()]))
    po.with_suffix(".mo").write_bytes(messages.compiled(messages.read(po)))
    return po


def test_every_message_of_the_server_is_translated_and_compiled(capsys: pytest.CaptureFixture[str]) -> None:
    status = messages.main(["--check"])
    assert status == 0, capsys.readouterr().out
    assert len(messages.extract(messages.ROOT, messages.SOURCES)) > 150


def test_every_language_offered_has_a_catalogue_of_ours() -> None:
    offered = {to_locale(code) for code, _name in settings.LANGUAGES} - {to_locale(settings.LANGUAGE_CODE)}
    assert {po.parent.parent.name for po in messages.LOCALE.glob("*/LC_MESSAGES/django.po")} == offered
    with translation.override("pt-br"):
        assert translation.gettext("the mask is empty") == "a máscara está vazia"


def test_the_check_has_nothing_to_say_of_a_whole_catalogue(tmp_path: Path, template: Catalog) -> None:
    assert messages.check(write(tmp_path), template) == []


@pytest.mark.parametrize(
    ("entry", "text", "told"),
    [
        ("saving", "", "missing: 'saving'"),
        ("gone", 'msgid "gone"\nmsgstr "foi"\n', "obsolete: 'gone'"),
        ("gone", '#~ msgid "gone"\n#~ msgstr "foi"\n', "obsolete: 'gone'"),
        ("saving", 'msgid "saving"\nmsgstr ""\n', "untranslated: 'saving'"),
        ("saving", '#, fuzzy\nmsgid "saving"\nmsgstr "salvo"\n', "fuzzy: 'saving'"),
        ("or", 'msgid " or "\nmsgstr "ou"\n', "other spaces at its ends: ' or '"),
        ("taken", TAKEN + 'msgstr "já existe"\n', "other placeholders: '%(name)s is taken'"),
        ("taken", TAKEN + 'msgstr "%(nome)s já existe"\n', "other placeholders: '%(name)s is taken'"),
        ("taken", TAKEN + 'msgstr "%(name)r já existe"\n', "other placeholders: '%(name)s is taken'"),
        ("taken", TAKEN + 'msgstr "%(name)s 100% usado"\n', "a stray %: '%(name)s is taken'"),
        ("files", GOOD["files"].replace("%(n)s arquivos", "arquivos"), "other placeholders: '%(n)s file'"),
        ("files", GOOD["files"].replace('"um arquivo"', '""'), "untranslated: '%(n)s file'"),
    ],
)  # fmt: skip
def test_the_check_names_the_message_and_its_flaw(
    tmp_path: Path, template: Catalog, entry: str, text: str, told: str
) -> None:
    assert messages.check(write(tmp_path, **{entry: text}), template) == [told]


def test_the_check_sees_a_compiled_file_that_is_old_or_absent(tmp_path: Path, template: Catalog) -> None:
    po = write(tmp_path)
    po.write_text(po.read_text().replace("salvando", "gravando"))
    assert messages.check(po, template) == ["django.mo is not what django.po compiles to"]
    po.with_suffix(".mo").unlink()
    assert messages.check(po, template) == ["django.mo is not what django.po compiles to"]


def test_an_update_keeps_translations_adds_what_is_new_and_drops_what_is_gone(
    tmp_path: Path, template: Catalog
) -> None:
    po = write(tmp_path, saving="", gone='msgid "something else entirely"\nmsgstr "outra coisa"\n')
    messages.update(po, template)
    assert messages.check(po, template) == ["untranslated: 'saving'"]
    assert "já existe" in po.read_text()
    assert "outra coisa" not in po.read_text()
    once = po.read_bytes(), po.with_suffix(".mo").read_bytes()
    messages.update(po, template)
    assert (po.read_bytes(), po.with_suffix(".mo").read_bytes()) == once


def test_a_message_with_other_words_keeps_its_translation_until_somebody_looks(
    tmp_path: Path, template: Catalog
) -> None:
    po = write(tmp_path, taken='msgid "%(name)s was taken"\nmsgstr "%(name)s já existia"\n')
    messages.update(po, template)
    assert messages.check(po, template) == ["fuzzy: '%(name)s is taken'"]
    assert "já existia" in po.read_text()
