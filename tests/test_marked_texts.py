"""Whatever the server says to people is marked for translation: the sources hold no bare sentence.

Two rules. A text of two words or more is marked, or stands where nobody but a programmer or an operator reads it. What
an error of the domain or a problem says is marked even if it is a single word.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from annotator.core import errors

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("annotator", "api", "ml_worker")
MARKS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext"}
SENTENCE = re.compile(r"[a-z]{2,} [a-z]{2,}")
WORD = re.compile(r"[a-z]{2,}")
PLACE = re.compile(r"[\w.…\[\]]+: ")  # before what is wrong there

# Who reads these files' texts, if not the people in the browser.
EXEMPT = {
    "annotator/diagnosis.py": "operators, by the command doctor",
    "annotator/disk.py": "nobody: the words of databases and systems, to be recognised",
    "annotator/management": "operators, on a terminal",
    "annotator/migrations": "nobody",
    "annotator/selectors/model_card.py": "whoever gets the model: the card leaves with it, in English",
    "annotator/selectors/tiles.py": "the code that makes lost tiles again",
    "annotator/services/fetch.py: Contorno (image import)": "the servers that are asked for pictures",
    "annotator/services/ingest.py: Raw profile type exif": "Pillow",
    "annotator/services/pyramid.py": "nobody: the words of libvips, to be recognised; the rest is marked",
    "annotator/settings.py": "programmers, in the API's schema",
    "annotator/supervisor.py": "operators, on a terminal",
    "api/authentication.py": "programmers, in the API's schema; the rest is marked",
    "api/errors.py: Token realm": "browsers",
    "api/schema.py": "programmers, in the API's schema",
    "api/serializers/dataset.py: Also replace": "programmers, in the API's schema",
    "api/views/pages.py: <!doctype html>": "nobody: what is said in it is marked",
    "api/views/pages.py: the database does not answer": "the machine that asks for the server's health",
    "ml_worker/plan.py": "programmers: the front end has words for each reason's code",
    "ml_worker/plan_draft.py": "programmers: the front end has words for each reason's code",
    "ml_worker/plan_schedule.py": "programmers: the front end has words for each reason's code",
    "ml_worker/scripts": "whoever gets the model: the script leaves with it, in English",
    "ml_worker/train.py: can't allocate memory": "nobody: the words of torch, to be recognised",
}
# Their texts are for programmers or logs, or the front end has words for each by its name.
QUIET_CALLS = re.compile(
    r"logger\.|re\.|Option|Number|Whole|Choice|Format|extend_schema|query$|(Assertion|Value|Runtime)Error"
)
QUIET_KEYWORDS = {"help", "help_text", "description", "title"}
TELLING = {
    "Problem",
    "Cancelled",
    "refused",
    "refuse",
    "wrong",
    "complain",
    "_complain",
    "_refused",
    "_bad",
    "_invalid",
}
TELLING |= {
    name
    for name, one in vars(errors).items()
    if isinstance(one, type) and issubclass(one, errors.DomainError)
}


def unmarked(source: str) -> Iterator[tuple[int, str]]:
    """The line and the text of each bare sentence."""
    tree = ast.parse(source)
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        text = _text(node, parents)
        if text is None:
            continue
        above = list(_above(node, parents))
        if (
            SENTENCE.search(text) or (_tells(node, parents) and WORD.search(PLACE.sub("", text)))
        ) and not _quiet(above):
            yield node.lineno, text  # type: ignore[attr-defined]


def _text(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> str | None:
    """A literal's text, that of an f-string with … for its values; None for docstrings and anything else."""
    if isinstance(parents.get(node), ast.Expr | ast.JoinedStr):
        return None
    if isinstance(node, ast.JoinedStr):
        return "".join(str(one.value) if isinstance(one, ast.Constant) else "…" for one in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _above(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> Iterator[ast.AST]:
    while node in parents and not isinstance(node, ast.stmt):
        node = parents[node]
        yield node


def _tells(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    """Whether it is itself what an error or a problem says."""
    call = parents.get(node)
    if not isinstance(call, ast.Call) or node not in call.args:
        return False
    name = ast.unparse(call.func).rsplit(".", 1)[-1]
    place = 1 if name == "Problem" or name not in vars(errors) else 0
    return name in TELLING and call.args.index(node) == place


def _quiet(above: list[ast.AST]) -> bool:
    for node in above:
        if isinstance(node, ast.Call) and ast.unparse(node.func) in MARKS:
            return True
        if isinstance(node, ast.Call) and QUIET_CALLS.match(ast.unparse(node.func)):
            return True
        if isinstance(node, ast.keyword) and node.arg in QUIET_KEYWORDS:
            return True
        if isinstance(node, ast.Compare | ast.Assert):  # "raw mode" in what Pillow says
            return True
    return False


def test_the_sources_hold_no_bare_sentence() -> None:
    bare, exempt = [], set()
    for file in (file for folder in FOLDERS for file in sorted((ROOT / folder).rglob("*.py"))):
        name = file.relative_to(ROOT).as_posix()
        for line, text in unmarked(file.read_text()):
            why = {one for one in EXEMPT if f"{name}: {text}".startswith(one)}
            exempt |= why
            if not why:
                bare.append(f"{name}:{line}: {text!r}")
    assert not bare, "mark it for translation, see annotator/core/words.py:\n" + "\n".join(bare)
    assert sorted(EXEMPT.keys() - exempt) == [], "exempt for nothing"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ('raise InvalidInput("too large")', "too large"),
        ('raise InvalidInput("missing")', "missing"),
        ('problems.append(Problem(f"{name}[0]", f"{value!r} wrong"))', "… wrong"),
        ('text = "somebody else did it"\nraise Conflict(text)', "somebody else did it"),
        ('context.progress(0.5, f"image {done} of {images}")', None),
        ('context.log(f"the image {name} is done")', "the image … is done"),
        ('raise InvalidInput(_("too large"))', None),
        ('raise InvalidInput(_("%(name)s is missing") % {"name": name})', None),
        ('raise InvalidInput(f"{name}: {message}", [Problem("name", message)])', None),
        ('logger.warning("the lease was lost")', None),
        ('def one():\n    """What it is for."""', None),
    ],
)  # fmt: skip
def test_the_search_tells_a_bare_text_from_a_marked_one(source: str, text: str | None) -> None:
    assert [found for _line, found in unmarked(source)] == ([] if text is None else [text])
