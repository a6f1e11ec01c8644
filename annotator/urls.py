"""All addresses: the API, the sign-in link, the health check, and the front end for everything else."""

from __future__ import annotations

from django.urls import include, path, re_path

from api.views import pages

urlpatterns = [
    path("api/v1/", include("api.urls")),
    re_path(r"^api(?:/.*)?$", pages.NoEndpoint.as_view()),
    path("enter/<str:token>", pages.enter),
    path("healthz", pages.healthz),
    re_path(r"^static/.*$", pages.no_file),
    re_path(r"^.*$", pages.index),
]

handler400 = "api.errors.bad_request"
handler403 = "api.errors.forbidden"
handler404 = "api.errors.not_found"
handler500 = "api.errors.server_error"
