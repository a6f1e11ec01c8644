"""What all views of the API share."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from rest_framework.request import Request
from rest_framework.views import APIView

from annotator.models import User
from api.permissions import IsSignedIn
from api.queries import refuse
from api.renderers import HAS_NUL


class View(APIView):
    """An endpoint for signed-in people. It validates, calls a service or selector, and serialises."""

    permission_classes: ClassVar[list[Any]] = [IsSignedIn]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        for name, values in request.query_params.lists():
            if any("\0" in value for value in values):
                refuse(name, HAS_NUL)


class OpenView(APIView):
    """An endpoint for everybody."""

    permission_classes: ClassVar[list[Any]] = []


def person(request: Request) -> User:
    """The signed-in person; permission classes have made sure that there is one."""
    return cast("User", request.user)
