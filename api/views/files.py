"""An image's pixels, and every other stored file: streamed, and cached for ever where the content cannot change."""

from __future__ import annotations

import functools
import io
import logging
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from PIL import Image
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from annotator.core.errors import Conflict, NotFound, Unavailable
from annotator.models import Role
from annotator.selectors.tiles import PyramidMissing, TileMissing, tile_at
from annotator.services import access
from annotator.services.ingest import THUMBNAIL_SIZE
from annotator.services.pyramid import pyramid_lost
from api.renderers import to_json
from api.schema import query
from api.views.base import View, person

logger = logging.getLogger(__name__)

FOR_EVER = "private, max-age=31536000, immutable"
MEDIA_TYPES = {
    ".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp", ".bmp": "image/bmp", ".tif": "image/tiff",
    ".zip": "application/zip",
}  # fmt: skip
UNKNOWN_TYPE = "application/octet-stream"


class FileRenderer(BaseRenderer):
    """For views that answer a file whatever the request accepts; their errors are JSON all the same."""

    media_type = "*/*"
    format = "file"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        return to_json(data)


class FileView(View):
    """An image's pixels."""

    renderer_classes = (FileRenderer,)

    @extend_schema(
        operation_id="image_file",
        parameters=[query("original", "`1` for the upload itself, as an attachment.", choices=["1"])],
        responses={(200, "image/*"): OpenApiTypes.BINARY},
        tags=["images"],
    )
    def get(self, request: Request, image_id: UUID) -> HttpResponseBase:
        """The upright picture as JPEG, PNG or WebP; its content never changes."""
        image = access.image_for(person(request), image_id, Role.VIEWER)
        original = request.query_params.get("original") == "1"
        return file_answer(
            request, image.original if original else image.display, image.name if original else None
        )


class ThumbnailView(View):
    """An image, small."""

    renderer_classes = (FileRenderer,)

    @extend_schema(
        operation_id="image_thumbnail", responses={(200, "image/webp"): OpenApiTypes.BINARY}, tags=["images"]
    )
    def get(self, request: Request, image_id: UUID) -> HttpResponseBase:
        """WebP of at most 256 pixels on the longer side."""
        image = access.image_for(person(request), image_id, Role.VIEWER)
        if image.is_tiled and not image.pyramid:
            return HttpResponse(
                _stand_in(image.width, image.height),
                content_type="image/webp",
                headers={"Cache-Control": "no-store"},
            )
        return file_answer(request, image.thumbnail, None)


class TileView(View):
    """A large image, piece by piece."""

    renderer_classes = (FileRenderer,)

    @extend_schema(
        operation_id="image_tile", responses={(200, "image/*"): OpenApiTypes.BINARY}, tags=["images"]
    )
    def get(self, request: Request, image_id: UUID, z: int, x: int, y: int) -> HttpResponseBase:
        """A tile of a large image as WebP (lossless) or JPEG: level z, column x, row y. Its content never changes.

        404 outside the image and for images without tiles; 409 while the tiles are being prepared; 503 when they were
        lost, which starts preparing them again.
        """
        image = access.image_for(person(request), image_id, Role.VIEWER)
        if not image.is_tiled:
            raise NotFound(_("the image has no tiles; it is shown whole"))
        if not image.pyramid:
            raise Conflict(_("the image is still being prepared"))
        etag = f'"{image.sha256[:32]}-{z}-{x}-{y}"'
        unchanged = get_conditional_response(request._request, etag=etag)
        if unchanged is not None and unchanged.status_code == 304:
            unchanged.headers["Cache-Control"] = FOR_EVER
            return unchanged
        try:
            tile = tile_at(image, z, x, y)
        except TileMissing:
            raise NotFound(_("there is no such tile")) from None
        except PyramidMissing:
            logger.exception("the pyramid %s is missing from the storage; it is made again", image.pyramid)
            pyramid_lost(image=image)
            raise Unavailable(_("the image's tiles were lost and are being made again")) from None
        return HttpResponse(
            tile.data,
            content_type=MEDIA_TYPES[f".{tile.extension}"],
            headers={"ETag": etag, "Cache-Control": FOR_EVER},
        )


@functools.lru_cache(maxsize=64)
def _stand_in(width: int, height: int) -> bytes:
    """A thumbnail for an image that has none yet: plain grey, of its shape."""
    scale = THUMBNAIL_SIZE / max(width, height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    out = io.BytesIO()
    Image.new("RGB", size, (128, 132, 138)).save(out, "WEBP", lossless=True)
    return out.getvalue()


def file_answer(request: Request, stored: str, attachment: str | None) -> HttpResponseBase:
    """A content-addressed file of the storage: streamed, or 304 where the browser has it.

    Args:
        stored: its name in the storage, which says what is in it.
        attachment: the name to save it under; None shows it in the page.

    Raises:
        NotFound: it is gone from the storage.
    """
    path = PurePosixPath(stored)
    etag = f'"{path.stem}"'
    headers = {"ETag": etag, "Cache-Control": FOR_EVER}
    unchanged = get_conditional_response(request._request, etag=etag)
    if unchanged is not None and unchanged.status_code == 304:
        unchanged.headers["Cache-Control"] = FOR_EVER
        return unchanged
    try:
        file = default_storage.open(stored, "rb")
    except FileNotFoundError:
        logger.exception("the file %s is missing from the storage", stored)
        raise NotFound(_("the file is missing from the storage")) from None
    return FileResponse(
        file,
        as_attachment=attachment is not None,
        filename=PurePosixPath(attachment).name if attachment else "",
        content_type=MEDIA_TYPES.get(path.suffix, UNKNOWN_TYPE),
        headers=headers,
    )
