"""Further documents of an image beside its primary one: replicas by other annotators, ground truth, consensus.

| role         | made by   | seen by                 | changed by           |
|--------------|-----------|-------------------------|----------------------|
| primary      | (upload)  | every member            | annotators and above |
| replica      | annotator | its author, reviewers   | its author           |
| ground_truth | reviewer  | reviewers and above     | reviewers and above  |
| consensus    | reviewer  | reviewers and above     | reviewers and above  |

A replica is somebody's own second look, so that nobody sees another's before both are done; ground truth measures
people, so that they do not see it either. Owns making them; the table is kept by `selectors/document.py` (seeing) and
`access.py` (finding and changing).
"""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from annotator.core.errors import InvalidInput, Problem
from annotator.models import Document, ImageAsset, Role, User
from annotator.services.access import require_role

MAKERS = {"replica": Role.ANNOTATOR, "ground_truth": Role.REVIEWER, "consensus": Role.REVIEWER}


def document_ensure(*, image: ImageAsset, user: User, role: str) -> tuple[Document, bool]:
    """The image's document of this role (of a replica: the person's own), made empty when there is none.

    Returns:
        The document, and whether it is new.

    Raises:
        InvalidInput: no role, or the primary one. NotAllowed: the person's role is too low.
    """
    if role not in MAKERS:
        message = _("%(role)r is none of %(roles)s") % {"role": role, "roles": ", ".join(MAKERS)}
        raise InvalidInput(message, [Problem("role", message)])
    require_role(user=user, project=image.project, role=MAKERS[role])
    wanted = {"image": image, "role": role, **({"author": user} if role == "replica" else {})}
    found = Document.objects.filter(**wanted).select_related("author").first()
    if found is not None:
        return found, False
    try:
        with transaction.atomic():
            return Document.objects.create(image=image, role=role, author=user), True
    except IntegrityError:  # somebody made it in between
        return Document.objects.select_related("author").get(**wanted), False
