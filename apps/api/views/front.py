"""The addresses without a token: the schema, its page, and what is not there."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.urls import Resolver404, resolve
from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer

from apps.api.problems import MEDIA_TYPE, problem
from apps.clinic.errors import Fault

_JSON_FIRST = [OpenApiJsonRenderer2, OpenApiJsonRenderer, OpenApiYamlRenderer, OpenApiYamlRenderer2]


class SchemaDocument(SpectacularAPIView):
    """The OpenAPI document; JSON, or YAML for those who ask for it. It says nothing of any clinic."""

    renderer_classes = _JSON_FIRST
    authentication_classes = ()
    permission_classes = (AllowAny,)


class DocsPage(SpectacularSwaggerView):
    """The document to read and try, from files that ship with the product."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    url_name = "api:schema"


def nothing_here(request: HttpRequest, **_: Any) -> HttpResponse:
    """404 as a problem. A read without its slash is led to it; a write never is, its body would be lost."""
    slashed = f"{request.path_info}/"
    if request.method in ("GET", "HEAD") and not request.path_info.endswith("/") and _is_address(slashed):
        return HttpResponsePermanentRedirect(request.get_full_path(force_append_slash=True))
    fault = Fault("", "There is no such address.", "See /api/v1/docs/; every path ends in a slash.")
    body = JSONRenderer().render(problem(404, "not_found", fault.message, [fault]).data)
    return HttpResponse(body, status=404, content_type=MEDIA_TYPE)


def _is_address(path: str) -> bool:
    try:
        return resolve(path).func is not nothing_here
    except Resolver404:
        return False
