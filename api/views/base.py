"""What all views of the API share."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotator.models import User
from api.permissions import IsSignedIn
from api.queries import refuse
from api.renderers import HAS_NUL


class Endpoint(APIView):
    """An endpoint whose answers are freed as soon as they are sent.

    REST framework ties view, request and response into a circle, so that a document of 10,000 objects stays in memory
    until the garbage collector comes by, and then costs it half a second. Here both ties are cut.
    """

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().dispatch(request, *args, **kwargs)
        del self.response
        if isinstance(response, Response):
            response.add_post_render_callback(_untied)
        return response


def _untied(response: Any) -> None:
    response.renderer_context = None


class View(Endpoint):
    """An endpoint for signed-in people. It validates, calls a service or selector, and serialises."""

    permission_classes: ClassVar[list[Any]] = [IsSignedIn]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        for name, values in request.query_params.lists():
            if any("\0" in value for value in values):
                refuse(name, _(HAS_NUL))


class OpenView(Endpoint):
    """An endpoint for everybody."""

    permission_classes: ClassVar[list[Any]] = []


def person(request: Request) -> User:
    """The signed-in person; permission classes have made sure that there is one."""
    return cast("User", request.user)
