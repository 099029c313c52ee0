"""The addresses of the API, below /api/v1/. Every one ends in a slash."""

from django.urls import URLPattern, path, re_path

from apps.api.views import (
    appointments,
    couples,
    flags,
    front,
    records,
    sessions,
    slots,
    treatments,
    versions,
)

app_name = "api"

urlpatterns: list[URLPattern] = [
    path("couples/", couples.Couples.as_view(), name="couples"),
    path("couples/<uuid:couple_id>/", couples.OneCouple.as_view(), name="couple"),
    path("protocols/", treatments.Protocols.as_view(), name="protocols"),
    path("protocols/<uuid:protocol_id>/", treatments.OneProtocol.as_view(), name="protocol"),
    path("protocols/<uuid:protocol_id>/differences/", versions.Differences.as_view(), name="differences"),
    path("moves/", versions.Moves.as_view(), name="moves"),
    path("moves/<uuid:move_id>/", versions.OneMove.as_view(), name="version_move"),
    path("moves/<uuid:move_id>/treatments/", versions.MoveLines.as_view(), name="version_move_lines"),
    path("treatments/", treatments.Treatments.as_view(), name="treatments"),
    path("treatments/<uuid:treatment_id>/", treatments.OneTreatment.as_view(), name="treatment"),
    path("treatments/<uuid:treatment_id>/plan/", treatments.TreatmentPlan.as_view(), name="plan"),
    path("treatments/<uuid:treatment_id>/preview/", treatments.TreatmentPreview.as_view(), name="preview"),
    path("treatments/<uuid:treatment_id>/records/", records.Records.as_view(), name="records"),
    path("appointments/", appointments.Appointments.as_view(), name="appointments"),
    path("appointments/<uuid:appointment_id>/", appointments.OneAppointment.as_view(), name="appointment"),
    path("appointments/<uuid:appointment_id>/slots/", slots.Slots.as_view(), name="slots"),
    path("appointments/<uuid:appointment_id>/hold/", slots.Hold.as_view(), name="hold"),
    path("appointments/<uuid:appointment_id>/book/", appointments.Book.as_view(), name="book"),
    path("appointments/<uuid:appointment_id>/move/", appointments.Move.as_view(), name="move"),
    path("appointments/<uuid:appointment_id>/confirm/", appointments.Confirm.as_view(), name="confirm"),
    path("appointments/<uuid:appointment_id>/cancel/", appointments.Cancel.as_view(), name="cancel"),
    path("appointments/<uuid:appointment_id>/arrive/", appointments.Arrive.as_view(), name="arrive"),
    path("appointments/<uuid:appointment_id>/activities/", sessions.Activities.as_view(), name="activities"),
    path("appointments/<uuid:appointment_id>/release/", sessions.Release.as_view(), name="release"),
    path(
        "appointments/<uuid:appointment_id>/refuse-release/",
        sessions.RefuseRelease.as_view(),
        name="refuse-release",
    ),
    path("appointments/<uuid:appointment_id>/stop/", sessions.Stop.as_view(), name="stop"),
    path("activities/<uuid:activity_id>/start/", sessions.StartActivity.as_view(), name="start-activity"),
    path("activities/<uuid:activity_id>/finish/", sessions.FinishActivity.as_view(), name="finish-activity"),
    path("appointments/<uuid:appointment_id>/attend/", appointments.Attend.as_view(), name="attend"),
    path("appointments/<uuid:appointment_id>/miss/", appointments.Miss.as_view(), name="miss"),
    path("flags/", flags.Flags.as_view(), name="flags"),
    path("flags/<uuid:flag_id>/", flags.OneFlag.as_view(), name="flag"),
    path("flags/<uuid:flag_id>/decide/", flags.Decide.as_view(), name="decide"),
    path("schema/", front.SchemaDocument.as_view(), name="schema"),
    path("docs/", front.DocsPage.as_view(), name="docs"),
    re_path(r"^.*$", front.nothing_here, name="nothing"),
]
