"""Security headers on every answer, static files included.

Owns the Content-Security-Policy. Does not own Django's own headers (nosniff, frames, referrer: settings).
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

CSP = "Content-Security-Policy"

# Radix and the virtual lists set style attributes; WebAssembly decodes and segments in workers made from blobs.
_PAGE_RULES = [
    "default-src 'self'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' blob: data:",
    "font-src 'self'",
    "connect-src 'self' blob: data:",
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
]
PAGE_POLICY = "; ".join(_PAGE_RULES)
# Data is never a document: whatever an upload holds, opened by itself it can do nothing.
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"

_ALWAYS = {
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class SecurityHeaders:
    """Adds the headers that a view did not set itself. Stands first, so that it sees every answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        for name, value in _ALWAYS.items():
            response.headers.setdefault(name, value)
        policy = DATA_POLICY if request.path.startswith("/api/") else PAGE_POLICY
        response.headers.setdefault(CSP, policy)
        if request.path.startswith("/api/"):
            response.headers.setdefault("Cache-Control", "no-store")  # whose answer it is, no cache knows
        return response
