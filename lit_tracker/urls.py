"""Every address, and who answers it."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView
from oauth2_provider import views as oauth

from lit_tracker.health import healthz, readyz

# Only what a client needs: registering and listing applications is the admin's, not a public page's.
oauth_addresses = [
    path("authorize/", oauth.AuthorizationView.as_view(), name="authorize"),
    path("token/", oauth.TokenView.as_view(), name="token"),
    path("revoke_token/", oauth.RevokeTokenView.as_view(), name="revoke-token"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(url="/admin/", permanent=False)),
    path("admin/", admin.site.urls),
    path("oauth/", include((oauth_addresses, "oauth2_provider"))),
    path("api/v1/", include("apps.api.urls")),
    path("hooks/", include("apps.api.hook_urls")),
    path("feeds/", include("apps.feeds.urls")),
    path("p/", include("apps.portal.urls")),
    *([path("demo/outbox/", include("apps.portal.outbox"))] if settings.DEBUG else []),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
]
