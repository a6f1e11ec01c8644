"""What the database holds: fields and constraints. Services write, selectors read."""

from annotator.models.annotation import Annotation, Document, Revision
from annotator.models.comment import Comment
from annotator.models.dataset import DatasetVersion, DatasetVersionItem
from annotator.models.embedding import Embedding
from annotator.models.image import ImageAsset, ImageStatus
from annotator.models.job import Job, JobLogLine, JobState
from annotator.models.learning import (
    Architecture,
    ModelState,
    ModelVersion,
    Prediction,
    Purpose,
    QueueEntry,
    TrainingPoint,
    Worker,
)
from annotator.models.project import ROLE_RANK, LabelClass, Membership, Project, Role
from annotator.models.user import ApiToken, OneTimeLink, User

__all__ = [
    "ROLE_RANK",
    "Annotation",
    "ApiToken",
    "Architecture",
    "Comment",
    "DatasetVersion",
    "DatasetVersionItem",
    "Document",
    "Embedding",
    "ImageAsset",
    "ImageStatus",
    "Job",
    "JobLogLine",
    "JobState",
    "LabelClass",
    "Membership",
    "ModelState",
    "ModelVersion",
    "OneTimeLink",
    "Prediction",
    "Project",
    "Purpose",
    "QueueEntry",
    "Revision",
    "Role",
    "TrainingPoint",
    "User",
    "Worker",
]
