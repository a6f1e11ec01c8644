"""Who may call an endpoint at all. Roles in a project are checked where its rows are found (`services/access.py`)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy
from rest_framework.permissions import BasePermission
from rest_framework.request import Request


class IsSignedIn(BasePermission):
    """A person with a session or a token."""

    message = gettext_lazy("sign in, or send a token")

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.user is not None and request.user.is_active
