"""Every address against another clinic's rows, against every missing scope, and without a token."""

from typing import Any
from uuid import UUID

import pytest
from django.urls import URLPattern

from apps.api import urls
from apps.api.views.base import ApiView
from apps.booking.models import SessionActivity
from apps.clinic.models import Clinic
from apps.couples.routes import RouteInput, add_route
from apps.treatments.models import Appointment, Flag, Treatment, VersionMove
from apps.treatments.moving import Chosen, start_move
from protocols import MoveVerdict
from tests.apps.api.calls import EVERY_SCOPE, Api, a_program, problem_of, signed_in
from tests.rows import AT as NOW
from tests.rows import LONDON, a_clinic, a_treatment, resulted, staff

pytestmark = pytest.mark.django_db

PUBLIC = {"schema", "docs", "nothing"}
BODIES: dict[str, Any] = {
    "book": {"starts_at": "2026-01-06T09:00:00+00:00"},
    "hold": {"starts_at": "2026-01-06T09:00:00+00:00"},
    "move": {"starts_at": "2026-01-06T09:00:00+00:00"},
    "cancel": {"reason": "x"},
    "miss": {"reason": "x"},
    "refuse-release": {"reason": "x"},
    "stop": {"cause": "equipment"},
    "decide": {"choice": "continue", "reason": "x"},
    "records": {"kind": "note", "text": "x"},
    "routes": {"channel": "card"},
    "mark": {"wrong": True},
    "contact": {"zone": "Asia/Dubai"},
    "preview": {"records": [{"kind": "note", "text": "x"}]},
}


def views() -> dict[str, type[ApiView]]:
    """Every address that needs a token, by name."""
    found = {}
    for pattern in urls.urlpatterns:
        assert isinstance(pattern, URLPattern)
        if pattern.name not in PUBLIC:
            found[str(pattern.name)] = pattern.callback.view_class  # type: ignore[attr-defined]
    return found


def methods() -> list[tuple[str, str]]:
    """Every (address, method) there is."""
    return [
        (name, method)
        for name, view in views().items()
        for method, scope in (("GET", view.reads), ("POST", view.writes), ("DELETE", view.deletes))
        if scope
    ]


def path_of(name: str, ids: dict[str, UUID]) -> str:
    route = str(pattern_of(name).pattern)
    for argument, value in ids.items():
        route = route.replace(f"<uuid:{argument}>", str(value))
    assert "<" not in route
    return route


def call(api: Api, name: str, method: str, ids: dict[str, UUID], **headers: str) -> Any:
    path = path_of(name, ids)
    if method == "DELETE":
        return api.delete(path, **headers)
    return api.get(path, **headers) if method == "GET" else api.post(path, BODIES.get(name, {}), **headers)


def rows_of(clinic: Clinic) -> dict[str, UUID]:
    """One of each thing that an address can name."""
    nurse = staff(clinic, "nurse")
    treatment = a_treatment(clinic)
    resulted(treatment, nurse, NOW, 60)
    visit = Appointment.objects.filter(treatment=treatment).first()
    raised = Flag.objects.filter(treatment=treatment).first()
    assert visit is not None
    assert raised is not None
    route = add_route(person=treatment.couple.partner, given=RouteInput("card"), actor=nurse, at=NOW)
    return {
        "couple_id": treatment.couple_id,
        "person_id": treatment.couple.recipient_id,
        "route_id": route.pk,
        "protocol_id": treatment.protocol_version_id,
        "treatment_id": treatment.pk,
        "appointment_id": visit.pk,
        "flag_id": raised.pk,
        "move_id": begun(treatment).pk,
        "activity_id": planned_activity(visit).pk,
    }


def planned_activity(visit: Appointment) -> SessionActivity:
    return SessionActivity.objects.create(
        clinic_id=visit.clinic_id,
        appointment=visit,
        position=0,
        name="talk",
        kind="talk",
        title="Talk",
        starts_at=NOW,
        ends_at=NOW,
    )


def begun(treatment: Treatment) -> VersionMove:
    """A move of the treatment that waits for its worker."""
    doctor = staff(treatment.clinic, "doctor", f"mover-{treatment.clinic.slug}")
    chosen = [Chosen(treatment.pk, MoveVerdict.UNCHANGED, "")]
    return start_move(version=treatment.protocol_version, chosen=chosen, actor=doctor, at=NOW)


def with_ids() -> list[tuple[str, str]]:
    return [(name, method) for name, method in methods() if "<" in str(pattern_of(name).pattern)]


def pattern_of(name: str) -> URLPattern:
    return next(pattern for pattern in urls.urlpatterns if pattern.name == name)


@pytest.fixture
def theirs() -> dict[str, UUID]:
    return rows_of(a_clinic(LONDON))


def test_another_clinics_rows_are_on_no_address(theirs: dict[str, UUID]) -> None:
    ours = a_clinic()
    callers = [a_program(ours), signed_in(ours, staff(ours, "doctor").user_id)]
    for name, method in with_ids():
        for api in callers:
            answer = call(api, name, method, theirs)
            assert answer.status_code == 404, (name, method, answer.content)
            assert problem_of(answer)["code"] == "not_found"


def test_another_clinics_rows_are_in_no_list_and_no_filter(theirs: dict[str, UUID]) -> None:
    ours = a_clinic()
    api = a_program(ours)
    for path in ("couples/", "protocols/", "treatments/", "appointments/", "flags/", "moves/"):
        assert api.get(path).json()["results"] == []
    for path, field, name in (
        ("treatments/", "couple", "couple_id"),
        ("appointments/", "couple", "couple_id"),
        ("appointments/", "treatment", "treatment_id"),
        ("flags/", "treatment", "treatment_id"),
    ):
        assert api.get(path, {field: str(theirs[name])}).status_code == 404
    start = {"couple": str(theirs["couple_id"]), "protocol": str(theirs["protocol_id"])}
    assert api.post("treatments/", start).status_code == 404


def test_naming_another_clinic_opens_nothing(theirs: dict[str, UUID]) -> None:
    ours = a_clinic()
    for api in (a_program(ours), signed_in(ours, staff(ours, "doctor").user_id)):
        for name, method in methods():
            answer = call(api, name, method, theirs, X_Clinic="london")
            assert answer.status_code == 404, (name, method)
        assert api.get("couples/", {"clinic": "london"}).status_code == 404
        assert api.get("couples/", {"clinic": "hyderabad"}).status_code == 200


def test_each_scope_opens_its_own_addresses_and_no_other() -> None:
    clinic = a_clinic()
    doctor = staff(clinic, "doctor")
    ids = rows_of(clinic)
    for name, method in methods():
        view = views()[name]
        needed = {"GET": view.reads, "POST": view.writes, "DELETE": view.deletes}[method]
        assert needed in EVERY_SCOPE
        others = tuple(scope for scope in EVERY_SCOPE if scope != needed)
        answer = call(signed_in(clinic, doctor.user_id, *others), name, method, ids)
        assert answer.status_code == 403, (name, method)
        assert problem_of(answer)["code"] == "insufficient_scope"
        assert needed in problem_of(answer)["errors"][0]["remedy"]
        answer = call(signed_in(clinic, doctor.user_id, needed), name, method, ids)
        assert answer.status_code not in (401, 403, 404, 405), (name, method, answer.content)


def test_no_address_answers_without_a_token(theirs: dict[str, UUID]) -> None:
    for name in views():
        for verb in ("get", "post", "head", "options", "put", "patch", "delete"):
            answer = getattr(Api().http, verb)("/api/v1/" + path_of(name, theirs))
            assert answer.status_code == 401, (name, verb)


def test_every_write_can_be_retried_and_answers_are_never_kept() -> None:
    for name, view in views().items():
        if view.writes:
            assert hasattr(view.post, "__wrapped__"), name  # type: ignore[attr-defined]
    answer = a_program(a_clinic()).get("couples/")
    assert answer.headers["Cache-Control"] == "no-store"


def test_no_address_holds_a_clinical_word() -> None:
    plain = {"couples", "protocols", "treatments", "plan", "preview", "records", "appointments", "flags"}
    plain |= {"people", "contact", "routes", "agree", "refuse", "mark", "end"}
    plain |= {
        "differences",
        "moves",
        "slots",
        "hold",
        "book",
        "move",
        "confirm",
        "cancel",
        "arrive",
        "attend",
        "miss",
        "decide",
        "activities",
        "start",
        "finish",
        "release",
        "refuse-release",
        "stop",
    }
    for name in views():
        words = {word for word in str(pattern_of(name).pattern).split("/") if word and "<" not in word}
        assert words <= plain


def test_staff_of_two_clinics_name_the_one_they_mean() -> None:
    ours, theirs = a_clinic(), a_clinic(LONDON)
    nurse = staff(ours, "nurse", name="both")
    theirs.memberships.create(user_id=nurse.user_id, role="doctor")
    bound = signed_in(ours, nurse.user_id)
    assert bound.get("couples/").status_code == 200
    assert bound.get("couples/", X_Clinic="london").status_code == 404

    free = signed_in(ours, nurse.user_id)
    ours.api_clients.all().delete()
    answer = free.get("couples/")
    assert (answer.status_code, problem_of(answer)["code"]) == (400, "clinic_needed")
    assert "hyderabad, london" in problem_of(answer)["errors"][0]["remedy"]
    for named in ("london", str(theirs.pk)):
        assert free.get("couples/", X_Clinic=named).status_code == 200
    assert free.get("couples/", X_Clinic="paris").status_code == 404


def test_tokens_that_belong_nowhere_open_nothing() -> None:
    clinic = a_clinic()
    stranger = signed_in(clinic, staff(a_clinic(LONDON), "doctor").user_id)
    program = a_program(clinic)
    clinic.api_clients.filter(application__name="lab system").delete()
    for api in (stranger, program):
        answer = api.get("couples/")
        assert (answer.status_code, problem_of(answer)["code"]) == (403, "no_clinic")
