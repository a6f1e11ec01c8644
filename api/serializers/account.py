"""The signed-in person, sessions, invitations and tokens."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework import serializers

from annotator.models import User
from api.serializers.base import Input

VERSION = settings.SPECTACULAR_SETTINGS["VERSION"]


class UserSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    email = serializers.EmailField()
    name = serializers.CharField()
    language = serializers.CharField(help_text="`en`, `pt-br`, or empty: as the browser says.")
    preferences = serializers.DictField()


class MeSerializer(serializers.Serializer):
    user = UserSerializer()
    version = serializers.CharField()


def me_body(user: User) -> dict[str, Any]:
    return {"user": UserSerializer(user).data, "version": VERSION}


class MeChangesSerializer(Input):
    name = serializers.CharField(required=False, allow_blank=True, max_length=200)
    language = serializers.ChoiceField(
        required=False, allow_blank=True, choices=["", *(code for code, _name in settings.LANGUAGES)]
    )
    preferences = serializers.DictField(required=False, help_text="Merged key by key; null removes a key.")


class SignInSerializer(Input):
    email = serializers.CharField(max_length=320)
    password = serializers.CharField(max_length=1000, trim_whitespace=False)


class AcceptInvitationSerializer(Input):
    token = serializers.CharField(max_length=200)
    name = serializers.CharField(max_length=200, allow_blank=True)
    password = serializers.CharField(max_length=1000, trim_whitespace=False)


class TokenSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    created = serializers.DateTimeField()
    last_used = serializers.DateTimeField(allow_null=True)


class NewTokenSerializer(TokenSerializer):
    token = serializers.CharField(help_text="Shown this once; only its digest is kept.")


class TokenInputSerializer(Input):
    name = serializers.CharField(max_length=200, allow_blank=True, default="")
