"""What all views of the API share."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from rest_framework.request import Request
from rest_framework.views import APIView

from annotator.models import User
from api.permissions import IsSignedIn


class View(APIView):
    """An endpoint for signed-in people. It validates, calls a service or selector, and serialises."""

    permission_classes: ClassVar[list[Any]] = [IsSignedIn]


class OpenView(APIView):
    """An endpoint for everybody."""

    permission_classes: ClassVar[list[Any]] = []


def person(request: Request) -> User:
    """The signed-in person; permission classes have made sure that there is one."""
    return cast("User", request.user)
