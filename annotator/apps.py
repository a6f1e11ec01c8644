"""Registers the annotator app with Django."""

from django.apps import AppConfig
from django.utils.translation import get_language

from annotator.core import words


class AnnotatorConfig(AppConfig):
    name = "annotator"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        words.follow(get_language)
