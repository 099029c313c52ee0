"""The addresses of the API, below /api/v1/. Every one ends in a slash."""

from django.urls import URLPattern, path, re_path

from apps.api.views import couples, flags, front, records, treatments

app_name = "api"

urlpatterns: list[URLPattern] = [
    path("couples/", couples.Couples.as_view(), name="couples"),
    path("couples/<uuid:couple_id>/", couples.OneCouple.as_view(), name="couple"),
    path("protocols/", treatments.Protocols.as_view(), name="protocols"),
    path("protocols/<uuid:protocol_id>/", treatments.OneProtocol.as_view(), name="protocol"),
    path("treatments/", treatments.Treatments.as_view(), name="treatments"),
    path("treatments/<uuid:treatment_id>/", treatments.OneTreatment.as_view(), name="treatment"),
    path("treatments/<uuid:treatment_id>/plan/", treatments.TreatmentPlan.as_view(), name="plan"),
    path("treatments/<uuid:treatment_id>/preview/", treatments.TreatmentPreview.as_view(), name="preview"),
    path("treatments/<uuid:treatment_id>/records/", records.Records.as_view(), name="records"),
    path("flags/", flags.Flags.as_view(), name="flags"),
    path("flags/<uuid:flag_id>/", flags.OneFlag.as_view(), name="flag"),
    path("flags/<uuid:flag_id>/decide/", flags.Decide.as_view(), name="decide"),
    path("schema/", front.SchemaDocument.as_view(), name="schema"),
    path("docs/", front.DocsPage.as_view(), name="docs"),
    re_path(r"^.*$", front.nothing_here, name="nothing"),
]
