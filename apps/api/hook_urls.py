"""Where providers of messages call back, below /hooks/. Not the API: no tokens, each call is signed."""

from django.urls import URLPattern, path

from apps.api.views import hooks

app_name = "hooks"

urlpatterns: list[URLPattern] = [
    path("email/", hooks.email_hook, name="email"),
    path("<uuid:setting_id>/", hooks.hook, name="provider"),
]
