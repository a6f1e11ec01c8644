"""The OpenAPI schema as a file, and the page that shows it. Both work without the internet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response

from api.middleware import CSP

SCHEMA = Path(__file__).resolve().parent.parent / "schema.yml"

# Swagger UI writes style elements and draws its icons from data: addresses. Its scripts are files of our own.
_DOCS_RULES = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
]
DOCS_POLICY = "; ".join(_DOCS_RULES)


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """The committed schema, which a test holds equal to the generated one: generating it takes a second."""
    return HttpResponse(
        SCHEMA.read_bytes(), content_type="application/yaml", headers={"Cache-Control": "no-cache"}
    )


class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI, for everybody: it shows nothing but the schema."""

    url = "/api/v1/schema"
    authentication_classes = ()
    permission_classes = ()

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        response = super().get(request, *args, **kwargs)
        response.headers[CSP] = DOCS_POLICY
        return response
