"""The addresses of the API, below /api/v1/. Every one ends in a slash."""

from django.urls import URLPattern, path, re_path

from apps.api.views import couples, front

app_name = "api"

urlpatterns: list[URLPattern] = [
    path("couples/", couples.Couples.as_view(), name="couples"),
    path("couples/<uuid:couple_id>/", couples.OneCouple.as_view(), name="couple"),
    path("schema/", front.SchemaDocument.as_view(), name="schema"),
    path("docs/", front.DocsPage.as_view(), name="docs"),
    re_path(r"^.*$", front.nothing_here, name="nothing"),
]
