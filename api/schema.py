"""What the OpenAPI schema says beyond the views: error answers, query parameters that several lists share.

Owns the hooks that drf-spectacular calls. The schema itself is generated into `schema.yml` (`make schema`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from api.pagination import DEFAULT_LIMIT, MAX_LIMIT

NO_CONTENT = {204: OpenApiResponse(description="Done; nothing to say.")}
BINARY = OpenApiTypes.BINARY
PREFIX = "/api/v1/"
_TEXT = {"type": "string"}
_PROBLEM = {"$ref": "#/components/schemas/Problem"}
_PROBLEM_SCHEMA = {
    "type": "object",
    "description": "Every error. Some types have more members: docs/api.md.",
    "properties": {
        "type": {**_TEXT, "description": "A short name, such as `invalid-input`, that programs may rely on."},
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": _TEXT,
        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/ProblemItem"}},
    },
    "required": ["type", "title", "status", "detail", "errors"],
}


def query(
    name: str, description: str, *, type_: Any = str, choices: Sequence[str] | None = None
) -> OpenApiParameter:
    """An optional parameter of the query string."""
    return OpenApiParameter(name, type_, OpenApiParameter.QUERY, description=description, enum=choices)


def paged(*more: OpenApiParameter) -> dict[str, Any]:
    """The parameters of a paginated list."""
    limit = f"Rows a page, 1 to {MAX_LIMIT}; {DEFAULT_LIMIT} when left out."
    return {
        "parameters": [
            *more,
            query("cursor", "`next` of the page before."),
            query("limit", limit, type_=int),
        ],
    }


def only_v1(endpoints: list[Any]) -> list[Any]:
    """Leave out what is no endpoint for programs: the schema's own pages and the catch-all."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith(PREFIX)]


def add_problems(result: dict[str, Any], **_context: Any) -> dict[str, Any]:
    """Say of every operation that its errors are problems."""
    problem = {
        "description": "A problem: docs/api.md lists the types.",
        "content": {"application/problem+json": {"schema": _PROBLEM}},
    }
    for path in result["paths"].values():
        for operation in path.values():
            operation["responses"].setdefault("default", problem)
    result["components"]["schemas"]["Problem"] = _PROBLEM_SCHEMA
    return result
