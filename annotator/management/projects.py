"""Finding the project that a command's argument names."""

from __future__ import annotations

from uuid import UUID

from annotator.core.errors import NotFound
from annotator.models import Project


def project_named(word: str) -> Project:
    """Give the project with this id or this name.

    Raises:
        NotFound: there is none, or several have the name.
    """
    try:
        found = list(Project.objects.filter(pk=UUID(word)))
    except ValueError:
        found = list(Project.objects.filter(name=word)[:20])
    if len(found) == 1:
        return found[0]
    if found:
        raise NotFound(
            f"{word!r} names several projects; give the id: {', '.join(str(one.pk) for one in found)}"
        )
    known = ", ".join(
        repr(name) for name in Project.objects.order_by("name").values_list("name", flat=True)[:20]
    )
    raise NotFound(f"no project has the id or the name {word!r}; there are {known or 'none'}")
