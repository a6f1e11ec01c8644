"""The addresses of API v1. tests/api/test_permissions.py holds a row for each."""

from __future__ import annotations

from django.urls import path

from api.views import account, assist, datasets, documents, files, images, jobs, projects, schema_pages

urlpatterns = [
    path("me", account.MeView.as_view()),
    path("session", account.SessionView.as_view()),
    path("invitations/accept", account.AcceptInvitationView.as_view()),
    path("tokens", account.TokensView.as_view()),
    path("tokens/<uuid:token_id>", account.TokenView.as_view()),
    path("projects", projects.ProjectsView.as_view()),
    path("projects/<uuid:project_id>", projects.ProjectView.as_view()),
    path("projects/<uuid:project_id>/classes", projects.ClassesView.as_view()),
    path("classes/<uuid:class_id>", projects.ClassView.as_view()),
    path("projects/<uuid:project_id>/members", projects.MembersView.as_view()),
    path("members/<uuid:membership_id>", projects.MemberView.as_view()),
    path("projects/<uuid:project_id>/statistics", projects.StatisticsView.as_view()),
    path("projects/<uuid:project_id>/images", images.ImagesView.as_view()),
    path("projects/<uuid:project_id>/next", images.NextView.as_view()),
    path("images/<uuid:image_id>", images.ImageView.as_view()),
    path("images/<uuid:image_id>/neighbours", images.NeighboursView.as_view()),
    path("images/<uuid:image_id>/file", files.FileView.as_view()),
    path("images/<uuid:image_id>/thumbnail", files.ThumbnailView.as_view()),
    path("images/<uuid:image_id>/submit", images.SubmitView.as_view()),
    path("images/<uuid:image_id>/review", images.ReviewView.as_view()),
    path("images/<uuid:image_id>/reopen", images.ReopenView.as_view()),
    path("images/<uuid:image_id>/documents", documents.ImageDocumentsView.as_view()),
    path("images/<uuid:image_id>/assist/<str:method>", assist.AssistView.as_view()),
    path("assists", assist.AssistsView.as_view()),
    path("documents/<uuid:document_id>", documents.DocumentView.as_view()),
    path("documents/<uuid:document_id>/changes", documents.ChangesView.as_view()),
    path("documents/<uuid:document_id>/history", documents.HistoryView.as_view()),
    path("documents/<uuid:document_id>/restore", documents.RestoreView.as_view()),
    path("projects/<uuid:project_id>/versions", datasets.VersionsView.as_view()),
    path("versions/<uuid:version_id>", datasets.VersionView.as_view()),
    path("versions/<uuid:version_id>/diff/<uuid:other_id>", datasets.VersionDiffView.as_view()),
    path("versions/<uuid:version_id>/exports", datasets.ExportsView.as_view()),
    path("exports/<uuid:job_id>/file", datasets.ExportFileView.as_view()),
    path("projects/<uuid:project_id>/imports", datasets.ImportsView.as_view()),
    path("formats", datasets.FormatsView.as_view()),
    path("jobs", jobs.JobsView.as_view()),
    path("jobs/<uuid:job_id>", jobs.JobView.as_view()),
    path("jobs/<uuid:job_id>/cancel", jobs.CancelJobView.as_view()),
    path("jobs/<uuid:job_id>/retry", jobs.RetryJobView.as_view()),
    path("jobs/<uuid:job_id>/events", jobs.JobEventsView.as_view()),
    path("schema", schema_pages.schema),
    path("docs", schema_pages.DocsView.as_view()),
]
