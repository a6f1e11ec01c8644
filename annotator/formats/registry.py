"""The formats that Contorno reads and writes, by name. A new format is one file and one line here."""

from __future__ import annotations

from annotator.core.errors import UnsupportedFormat
from annotator.core.words import _
from annotator.formats import coco, masks, voc
from annotator.formats.codec import FileTree, Format

FORMATS: dict[str, Format] = {fmt.name: fmt for fmt in (coco.FORMAT, voc.FORMAT, masks.FORMAT)}
AUTO = "auto"


def format_named(name: object) -> Format:
    """Give a format by name.

    Raises:
        UnsupportedFormat: there is none of this name.
    """
    if not isinstance(name, str) or name not in FORMATS:
        raise UnsupportedFormat(
            _("%(name)r is not a known format; known are %(names)s")
            % {"name": name, "names": ", ".join(FORMATS)}
        )
    return FORMATS[name]


def format_of(tree: FileTree) -> Format | None:
    """Find the format of a tree's annotations, or None where it holds none that is known (pictures only, say)."""
    return next((fmt for fmt in FORMATS.values() if fmt.detect(tree)), None)
