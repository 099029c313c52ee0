"""The OpenAPI document is valid, complete and true; its page needs nothing from elsewhere."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import URLPattern
from openapi_spec_validator import OpenAPIV31SpecValidator
from rest_framework.serializers import Serializer

from apps.api import urls
from apps.api.shapes.plans import PlanShape
from apps.api.shapes.treatments import ProtocolShape, RecordShape
from protocols.records import KINDS
from tests.apps.api.calls import EVERY_SCOPE, a_program
from tests.apps.api.conftest import Clock
from tests.apps.api.test_matrix import methods, pattern_of
from tests.rows import AT, a_clinic, a_treatment, after_three_doses, resulted, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def document() -> dict[str, Any]:
    answer = Client().get("/api/v1/schema/")
    assert answer.status_code == 200
    found: dict[str, Any] = json.loads(answer.content)
    return found


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(document).validate()


def test_every_address_and_method_stands_in_it_with_its_scope(document: dict[str, Any]) -> None:
    told = {
        (path, method.upper(), tuple(operation["security"][0]["oauth2"]))
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    views = {
        pattern.name: pattern.callback for pattern in urls.urlpatterns if isinstance(pattern, URLPattern)
    }
    served = set()
    for name, method in methods():
        view = views[name].view_class  # type: ignore[attr-defined]
        path = re.sub(r"<uuid:(\w+)>", r"{\1}", str(pattern_of(name).pattern))
        scope = {"GET": view.reads, "POST": view.writes, "DELETE": view.deletes}[method]
        served.add((f"/api/v1/{path}", method, (scope,)))
    assert told == served


def test_errors_headers_and_tokens_are_told(document: dict[str, Any]) -> None:
    for operations in document["paths"].values():
        for method, operation in operations.items():
            problem = operation["responses"]["default"]["content"]["application/problem+json"]["schema"]
            assert problem == {"$ref": "#/components/schemas/Problem"}
            headers = {one["name"] for one in operation["parameters"] if one["in"] == "header"}
            assert headers == ({"X-Clinic", "Idempotency-Key"} if method == "post" else {"X-Clinic"})
    flows = document["components"]["securitySchemes"]["oauth2"]["flows"]
    assert flows["clientCredentials"]["tokenUrl"] == "/oauth/token/"
    assert flows["authorizationCode"]["authorizationUrl"] == "/oauth/authorize/"
    assert set(flows["clientCredentials"]["scopes"]) == set(EVERY_SCOPE)


def test_every_kind_of_record_is_told_with_its_fields(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    mapping = schemas["NewRecord"]["discriminator"]["mapping"]
    assert set(mapping) == set(KINDS)
    result = schemas["RecordResult"]
    assert {"test", "sampled_on", "resulted_on", "value"} <= set(result["properties"])
    assert {"assay", "laboratory", "cutoff_version", "donor", "elsewhere"} <= set(result["properties"])
    assert {"evidence", "place"} <= set(schemas["RecordJoined"]["properties"])
    given = set(schemas["RecordGiven"]["properties"])
    assert {"arm", "route_ml", "irradiation_gy", "medium_lot", "hours_to_injection"} <= given
    assert given == set(schemas["GivenRequestRequest"]["properties"])
    assert not {"id", "recorded_at", "by"} & set(result["properties"])
    body = document["paths"]["/api/v1/treatments/{treatment_id}/records/"]["post"]["requestBody"]
    assert body["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/NewRecord"}


def test_query_parameters_are_told(document: dict[str, Any]) -> None:
    parameters = document["paths"]["/api/v1/appointments/"]["get"]["parameters"]
    names = {one["name"] for one in parameters if one["in"] == "query"}
    assert names == {"cursor", "page_size", "from", "to", "status", "treatment", "couple"}
    listed = document["paths"]["/api/v1/flags/"]["get"]["responses"]["200"]["content"]["application/json"][
        "schema"
    ]
    page = document["components"]["schemas"][listed["$ref"].rsplit("/", 1)[1]]
    assert set(page["properties"]) == {"next", "previous", "results"}


def strangers(shape: Serializer[Any], value: dict[str, Any], path: str = "") -> Iterator[str]:
    """Names in `value` that the shape does not tell, or that it demands and `value` lacks."""
    fields = shape.fields
    yield from (f"{path}.{name}" for name in value if name not in fields)
    yield from (f"{path}.{name}" for name, field in fields.items() if field.required and name not in value)
    for name, field in fields.items():
        inner = getattr(field, "child", field)
        found = value.get(name)
        if isinstance(inner, Serializer) and found is not None:
            for one in found if isinstance(found, list) else [found]:
                yield from strangers(inner, one, f"{path}.{name}")


def test_what_is_not_made_from_the_schema_agrees_with_it(clock: Clock) -> None:
    clinic = a_clinic()
    nurse = staff(clinic, "nurse")
    treatment, day = after_three_doses(clinic, nurse)
    resulted(treatment, nurse, day, 3)
    clock.at = day
    api = a_program(clinic)
    plans = [api.get(f"treatments/{one.pk}/plan/").json() for one in (treatment, a_treatment(clinic, at=AT))]
    for plan in plans:
        assert list(strangers(PlanShape(), plan)) == []
    assert list(strangers(ProtocolShape(), api.get("protocols/").json()["results"][0])) == []
    for record in api.get(f"treatments/{treatment.pk}/records/").json()["results"]:
        assert set(RecordShape().fields) <= set(record)


def test_yaml_is_there_for_those_who_ask() -> None:
    answer = Client().get("/api/v1/schema/", headers={"Accept": "application/yaml"})
    assert answer.status_code == 200
    assert answer.content.startswith(b"openapi: 3.1")


def test_the_page_needs_nothing_from_elsewhere() -> None:
    answer = Client().get("/api/v1/docs/")
    assert answer.status_code == 200
    page = answer.content.decode()
    assert not re.findall(r"""(?:src|href)=["'](?:https?:)?//""", page)
    assets = re.findall(r"""(?:src|href)=["'](/static/[^"']+)""", page)
    assert len(assets) >= 3
    for asset in assets:
        assert finders.find(asset.removeprefix("/static/")), asset
