"""Keeps the translations of the server's own messages: collects the messages, updates the .po, compiles the .mo.

Without options it takes every message out of the Python sources into annotator/locale/*/LC_MESSAGES/django.po, keeping
what is translated, and compiles the django.mo beside it; then it names what is left to translate. `--check` changes
nothing and only names what is wrong. Exit status 0 only if nothing is. Needs the development requirements.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "annotator" / "locale"
SOURCES = ("annotator", "api", "ml_worker")
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[-#0 +]*\d*(?:\.\d+)?[a-zA-Z]")
Key = tuple[str, str]  # the message (of a plural: its singular) and its context, "" for none


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description="Update and compile the translations of the server's messages."
    )
    parser.add_argument("--check", action="store_true", help="change nothing, only tell what is wrong")
    wanted = parser.parse_args(arguments)
    template = extract(ROOT, SOURCES)
    wrong: list[str] = []
    for po in sorted(LOCALE.glob("*/LC_MESSAGES/django.po")):
        if not wanted.check:
            update(po, template)
        wrong += (f"{po.relative_to(ROOT)}: {problem}" for problem in check(po, template))
    for problem in wrong:
        print(problem)
    print(f"{len(template)} messages, {len(wrong)} problems")
    return 1 if wrong else 0


def extract(root: Path, folders: Iterable[str]) -> Catalog:
    """The messages of all Python files in these folders of `root`, untranslated, in the order of their files."""
    template = Catalog(project="Contorno", charset="utf-8")
    for file in (file for folder in folders for file in sorted((root / folder).rglob("*.py"))):
        for line, message, comments, context in extract_from_file(
            "python", file, keywords=KEYWORDS, comment_tags=("Translators:",)
        ):
            place = (file.relative_to(root).as_posix(), line)
            template.add(message, locations=[place], auto_comments=comments, context=context)
    return template


def read(po: Path) -> Catalog:
    with po.open("rb") as file:
        return read_po(file, locale=po.parent.parent.name, domain="django", abort_invalid=True)


def compiled(catalog: Catalog) -> bytes:
    """The content of the .mo file; messages that are marked fuzzy are left out."""
    out = io.BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def update(po: Path, template: Catalog) -> None:
    """Bring a .po and its .mo up to date. A changed message keeps its translation, marked fuzzy; one that is gone
    leaves the file."""
    catalog = read(po)
    catalog.update(template, update_creation_date=False)
    with po.open("wb") as file:
        write_po(file, catalog, width=110, include_lineno=False, ignore_obsolete=True)
    po.with_suffix(".mo").write_bytes(compiled(read(po)))


def check(po: Path, template: Catalog) -> list[str]:
    """What is wrong with a .po and the .mo beside it, a sentence each; empty when nothing is."""
    catalog = read(po)
    needed, there = _by_key(template), _by_key(catalog)
    found = [f"missing: {key[0]!r}" for key in needed if key not in there]
    found += [f"obsolete: {key[0]!r}" for key in there if key not in needed]
    found += [f"obsolete: {_key(message)[0]!r}" for message in catalog.obsolete.values()]
    for key, message in there.items():
        found += (f"{flaw}: {key[0]!r}" for flaw in flaws(message))
    mo = po.with_suffix(".mo")
    if not mo.exists() or mo.read_bytes() != compiled(catalog):
        found.append(f"{mo.name} is not what {po.name} compiles to")
    return found


def flaws(message: Message) -> Iterator[str]:
    """What is wrong with the translation of one message, in a word or two each."""
    originals, texts = _forms(message.id), _forms(message.string)
    if not all(texts):
        yield "untranslated"
        return
    if message.fuzzy:
        yield "fuzzy"
    if any(_edges(text) != _edges(originals[0]) for text in texts):
        yield "other spaces at its ends"
    allowed = set(PLACEHOLDER.findall("".join(originals)))
    # The singular may leave the number out; the plural has all that the original's plural has.
    if any(set(PLACEHOLDER.findall(text)) - allowed for text in texts) or (
        set(PLACEHOLDER.findall(texts[-1])) != set(PLACEHOLDER.findall(originals[-1]))
    ):
        yield "other placeholders"
    elif allowed and any("%" in PLACEHOLDER.sub("", text).replace("%%", "") for text in texts):
        yield "a stray %"


def _by_key(catalog: Catalog) -> dict[Key, Message]:
    return {_key(message): message for message in catalog if message.id}


def _key(message: Message) -> Key:
    return _forms(message.id)[0], message.context or ""


def _forms(text: object) -> tuple[str, ...]:
    """A text or the forms of a plural, as a tuple."""
    return tuple(map(str, text)) if isinstance(text, list | tuple) else (str(text or ""),)


def _edges(text: str) -> tuple[str, str]:
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]


if __name__ == "__main__":
    sys.exit(main())
