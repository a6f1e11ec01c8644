"""The colours of classes, their hotkeys, and the VOC colour map.

Owns the fixed table from which a new class gets its colour, and reading and writing `#rrggbb`. Does not own classes
(`annotator/models`). Both cores hold the same table.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TypeAlias

from annotator.core.document import MAX_CLASSES
from annotator.core.errors import InvalidInput
from annotator.core.words import _

Colour: TypeAlias = tuple[int, int, int]
"""Red, green, blue, each 0..255."""

# Greedy farthest points in OKLab under normal vision and three simulated colour blindnesses;
# made by tests/golden/make_palette.py.
_TABLE_HEX = (
    "e424300000fc90fcfc6c006cfcd800b46cb490c09c9c003cf090183084fc783cb4ccf0a8cc9cf06c846c903c846cd8d8"
    "244800909c9c48009ce40ce4c0cc783c780c00b46c5448604800cc9ce4c08460c0fcb43cf06c48a85490783090606c60"
    "e484cce460d8f0f06c78003c906c48c0c0fcb490fca8fcccc0d8fc9c7890006048543054b41848183c78a800d8609c78"
    "d8d86cb4b454b484003048fcc030a8846ce4006ca87860786cc0b4a8d89c60540c6018b4c054fca890b4a8c0846cf0e4"
    "4860603c9c4878d8489084cc840c00305430fc9cc0a85400c030786cb49084fc48c0b4e46c18849090e4cc30ccf07884"
    "b4fc903c00e484b400fc4860483c24308454c0e49060906084307854489cd8906060249c84a8cc0078cc6c54909c84a8"
    "d8603ca8603084b4fc844854a884fc60cccc9ccc9cd8549090d8b4e4e4786c30a8c0183c6c30c060a884d8d8d8e454c0"
    "a854d8ccb46c00f0606c84b4f06000f06ce448486cb4ccf07854fcf084a854909c9000f030a8489cf0c0780c54b4e4a8"
    "f0b4d80054183ccc6c900024a80c4890a8a8b424909cfce42400b43054d86c6c9cc0e4fc9ccc185418906024483c606c"
    "a8b48400b4e43c3c60540ca89c3cc054848490f000c0d884d81824a80c18c0b4c090489cfcc0547830546018d8b418e4"
    "a83cb4c06c9c6c246078187854609ca8846cb4a83c783cccb46054b4b4f0309cd88478e43c6c6c6c3084547878306084"
    "d83c8430a8d8f024cc906048fc6cc0cc0c6ccc906c84309c48903cd800604860b484e4ccd8c0a824907884b4d8304890"
    "782448905454540c849c60b4b40030a89cc0609c004878a8a878f09078a8e418c00078f0fc4884a8783cb4f0b4a824a8"
    "5418c0d8a8b46c3c849c6cd8e478f07818e4c0b43c6c6cd8c024f07818ccb4849030786ca8cc90842430606024fce454"
    "849cf0d8c0e4a8e4b4cce4f018483cc07860246c30c048f0c0d800cc54787848486c6c8490006ce4a8a8e490e4d89090"
    "9cc09090d86078c0fc9c60cccc9c78843c54b4d890b4cc84c0789c54543c48fc9c78a83cd8b4cc7824b4"
)

TABLE: tuple[Colour, ...] = tuple(
    (int(_TABLE_HEX[k : k + 2], 16), int(_TABLE_HEX[k + 2 : k + 4], 16), int(_TABLE_HEX[k + 4 : k + 6], 16))
    for k in range(0, len(_TABLE_HEX), 6)
)
"""254 colours, the class with index i gets entry i - 1 when it is free."""

TOOL_HOTKEYS = "vpbldefwscgtukxnr"
"""Those that choose tools, and `r`, which has the click tool correct what is selected."""
HOTKEYS = "".join(key for key in "1234567890qwertyuiopasdfghjklzxcvbnm" if key not in TOOL_HOTKEYS)
"""Keys that classes get, in this order: digits, then the letters that no tool uses."""


def colour_for(index: int, taken: Collection[Colour] = ()) -> Colour:
    """Choose the colour of a new class: the table's entry, or the next one that no other class has.

    Args:
        index: the class's index, 1..254.
        taken: colours of the project's other classes.

    Returns:
        A colour that is not in `taken`.
    """
    for step in range(len(TABLE)):
        colour = TABLE[(index - 1 + step) % len(TABLE)]
        if colour not in taken:
            return colour
    grey = next(value for value in range(256) if (value, value, value) not in taken)
    return (grey, grey, grey)


def hotkey_for(taken: Collection[str]) -> str:
    """Choose the hotkey of a new class: the first that is free, or "" when all are taken."""
    return next((key for key in HOTKEYS if key not in taken), "")


def voc_colour_map() -> tuple[Colour, ...]:
    """Give the PASCAL VOC colour map: 256 colours, 0 black, 255 (224, 224, 192).

    Source: the VOC development kit's VOClabelcolormap: the bits of the index, dealt to red, green and blue in turn,
    highest place first.
    """
    return tuple(_voc_colour(index) for index in range(MAX_CLASSES + 2))


def _voc_colour(index: int) -> Colour:
    red = green = blue = 0
    for place in range(7, -1, -1):
        red |= (index & 1) << place
        green |= (index >> 1 & 1) << place
        blue |= (index >> 2 & 1) << place
        index >>= 3
    return (red, green, blue)


def parse_hex(text: str) -> Colour:
    """Read `#rrggbb` (either case).

    Raises:
        InvalidInput: anything else.
    """
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", text):
        raise InvalidInput(_("colour %(text)r is not of the form #rrggbb") % {"text": text})
    return (int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16))


def to_hex(colour: Colour) -> str:
    """Write `#rrggbb` in lower case."""
    red, green, blue = colour
    return f"#{red:02x}{green:02x}{blue:02x}"
