"""Holds answers against the committed OpenAPI schema: what is there is described, and what is described is there."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

SCHEMA = Path(__file__).resolve().parents[2] / "api" / "schema.yml"
OPEN = {"Problem", "StaleObjects"}  # types of problems may have members of their own


@cache
def document() -> dict[str, Any]:
    """The schema, made strict: an object has no field that is not described."""
    loaded = yaml.load(SCHEMA.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    for name, component in loaded["components"]["schemas"].items():
        if name not in OPEN:
            _close(component)
    return loaded


def _close(schema: Any) -> None:
    if isinstance(schema, dict):
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
        for value in schema.values():
            _close(value)
    elif isinstance(schema, list):
        for value in schema:
            _close(value)


@cache
def validator(method: str, route: str, status: int, type_: str) -> Draft202012Validator | None:
    """What checks the bodies of one kind of answer, or None where the schema names no such body."""
    path = "/" + re.sub(r"<\w+:(\w+)>", r"{\1}", route)
    answers = document()["paths"][path][method.lower()]["responses"]
    answer = answers.get(str(status)) or (answers["default"] if status >= 400 else None)
    assert answer is not None, f"{method} {path} answers {status}, which the schema does not name"
    content = answer.get("content", {})
    if status >= 400 and type_ not in content:
        content = answers["default"]["content"]
    assert type_ in content, (
        f"{method} {path} {status} is {type_}; the schema names {', '.join(content) or 'no body'}"
    )
    return Draft202012Validator({**content[type_]["schema"], "components": document()["components"]})


def check_answer(method: str, answer: Any) -> None:
    """Fail when a JSON answer of an endpoint is not as the schema says."""
    match = getattr(answer, "resolver_match", None)
    type_ = answer.headers.get("Content-Type", "")
    documented = match is not None and match.route.startswith("api/v1/") and "json" in type_
    if not documented or method not in ("GET", "POST", "PATCH", "DELETE") or answer.status_code == 405:
        return
    checker = validator(method, match.route, answer.status_code, type_)
    problems = [f"{error.json_path}: {error.message[:300]}" for error in checker.iter_errors(answer.json())]
    assert not problems, f"{method} {match.route} {answer.status_code}: {problems[:5]}"
