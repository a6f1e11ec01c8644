"""What people say about an image: threads of comments, pinned to a point, to an object, or to the image as a whole."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from annotator.models.image import ImageAsset
from annotator.models.user import User


class Comment(models.Model):
    """A thread's first comment (`thread` null), or a reply in one; only the first has a place and is resolved."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    image = models.ForeignKey(ImageAsset, on_delete=models.CASCADE, related_name="comments", db_index=False)
    thread = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="replies"
    )
    author = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    kind = models.CharField(
        max_length=8,
        choices=[("comment", "comment"), ("return", "return"), ("accept", "accept")],
        default="comment",
    )  # the last two: what a reviewer wrote with a decision
    text = models.TextField()
    x = models.FloatField(null=True, blank=True)  # in image pixels; both or neither
    y = models.FloatField(null=True, blank=True)
    object_id = models.UUIDField(null=True, blank=True)  # not a key: the comment outlives the object
    resolved = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created = models.DateTimeField(auto_now_add=True)
    edited = models.DateTimeField(null=True, blank=True)  # when the text was last changed
    updated = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(x=None, y=None) | Q(x__isnull=False, y__isnull=False), name="comment_whole_point"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["image", "created", "id"], name="comments_of_image"),
            models.Index(fields=["image"], condition=Q(thread=None, resolved=None), name="open_comments"),
        ]
