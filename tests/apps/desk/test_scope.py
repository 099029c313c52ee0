"""Staff of one clinic can neither see nor change anything of another, by any address of the desk."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
from uuid import uuid4

from django.contrib import admin
from django.test import Client
from django.urls import reverse

from apps.booking.calls.outcomes import record_call
from apps.booking.calls.services import ask_for_call
from apps.booking.closing.services import draft_closing
from apps.booking.models import DonorUnit
from apps.booking.queries import best_slots
from apps.booking.services import book
from apps.booking.waiting import want_earlier
from apps.clinic.actors import Actor
from apps.clinic.covering import add_cover
from apps.clinic.models import Clinic, Membership, User
from apps.clinic.resources import close_resource
from apps.clinic.services import set_holiday
from apps.couples.models import Couple, Person, PersonMerge
from apps.couples.services import write_note
from apps.desk.pages.urls import ROUTES
from apps.desk.ports import links, pages
from apps.reminders.models import Delivery, InboundText
from apps.reminders.services import begin_trial, receive_text, register_text
from apps.treatments.drafts import start_draft
from apps.treatments.files import attach_file
from apps.treatments.intake.cells import Reading
from apps.treatments.intake.services import upload_import
from apps.treatments.models import ProtocolVersion, Record, Treatment, VersionMove
from apps.treatments.moving import Chosen, start_move
from apps.treatments.phone_decisions import enter_phone_decision
from protocols import MoveVerdict
from tests import rows
from tests.apps.desk.conftest import Seat

AT = rows.AT
ROLES = ("nurse", "doctor", "lab", "manager")
WITH_KEY = [(route, name) for route, _, name in ROUTES if "<uuid:" in route]
LISTS = (
    "couples_couple",
    "treatments_treatment",
    "treatments_appointment",
    "treatments_flag",
    "treatments_protocolversion",
    "clinic_clinic",
    "clinic_membership",
)
EVERYTHING = {"treatments_appointment": {"day": "all"}, "treatments_flag": {"state": "all"}}


def filled(clinic: Clinic) -> dict[str, str]:
    """A clinic with one of everything, by the start of the addresses that show it."""
    nurse = rows.staff(clinic, "nurse", f"earlier-nurse-{clinic.slug}")
    treatment, at = rows.after_three_doses(clinic, nurse)
    rows.resulted(treatment, nurse, at, 2)
    couple = treatment.couple
    link, _ = links().issue_link(person=couple.recipient, label="Phone", actor=nurse, at=at)
    own_page, _ = pages().issue_page(person=couple.recipient, label="Card", actor=nurse, at=at)
    membership = Membership.objects.get(user_id=nurse.user_id)
    draft = start_draft(clinic=clinic, document="name: draft", actor=rows.SYSTEM, at=AT)
    move = begun(treatment)
    return {
        "couples/couple": str(couple.pk),
        "couples/person": str(couple.recipient_id),
        "feeds/link": str(link.id),
        "portal/page": str(own_page.id),
        "treatments/treatment": str(treatment.pk),
        "treatments/record": str(Record.objects.filter(treatment=treatment, kind="result").first().pk),  # type: ignore[union-attr]
        "treatments/appointment": str(rows.visit(treatment, "preconception-booster").pk),
        "treatments/flag": str(rows.flag(treatment, "no_antibody_response").pk),
        "treatments/protocolversion/draft": str(draft.pk),
        "treatments/protocolversion": str(ProtocolVersion.objects.get(clinic=clinic).pk),
        "treatments/versionmove": str(move.pk),
        "treatments/versionmoveline": str(move.lines.get().pk),
        "worklist/couple": str(couple.pk),
        "texts": str(a_text(couple, at).pk),
        "clinic/clinic": str(clinic.pk),
        "clinic/membership": str(membership.pk),
        **on_the_worklist(treatment, nurse, at),
        **from_a_file(treatment, nurse, at),
        **of_the_house(treatment, at),
        **of_a_day(treatment, nurse, at),
        **on_paper(treatment, nurse, at),
        **that_goes_out(couple, at),
    }


def that_goes_out(couple: Couple, at: datetime) -> dict[str, str]:
    """A trial, a registered wording and a card."""
    clinic, system = couple.clinic, rows.SYSTEM
    tried = begin_trial(
        clinic=clinic, channel="email", address="padma@example.net", language="en", actor=system, at=at
    )
    registered = register_text(
        clinic=clinic,
        channel="sms",
        name="test",
        language="en",
        template_id="1",
        text="T",
        actor=system,
        at=at,
    )
    card = Delivery.objects.create(
        clinic=clinic, person=couple.recipient, kind="call-us", key="one", due_at=at, next_try_at=at, created_at=at,
        not_after=at + timedelta(days=1), state="handed", channel="card", body="Call us", sent_at=at,
    )  # fmt: skip
    keys = {"trial": tried.pk, "registered": registered.pk, "delivery": card.pk}
    return {f"reminders/{name}": str(key) for name, key in keys.items()}


def a_text(couple: Couple, at: datetime) -> InboundText:
    """What somebody wrote to the clinic."""
    number = "+4470000000"
    return receive_text(
        clinic=couple.clinic, channel="sms", address=number, text="Hi", provider_id="1", at=at
    )


def of_the_house(treatment: Treatment, at: datetime) -> dict[str, str]:
    """Resources, one of them closed for an hour, and a holiday."""
    clinic, manager = treatment.clinic, rows.staff(treatment.clinic, "manager", f"m-{treatment.clinic.slug}")
    bench = rows.equipped(clinic)["Bench"]
    ends_at = at + timedelta(days=3, hours=1)
    closed = close_resource(
        clinic=clinic,
        resource=bench,
        starts_at=at + timedelta(days=3),
        ends_at=ends_at,
        reason="Repair",
        actor=manager,
        at=at,
    )
    feast = set_holiday(
        clinic=clinic, on=at.date() + timedelta(days=30), closed=True, name="Feast", actor=manager, at=at
    )
    keys = {"resource": bench.pk, "resourceclosure": closed.pk, "holiday": feast.pk}
    return {f"clinic/{name}": str(key) for name, key in keys.items()}


def of_a_day(treatment: Treatment, nurse: Actor, at: datetime) -> dict[str, str]:
    """A booked dose of another couple with its chain, a wish to come earlier, and a draft of a closing."""
    clinic = treatment.clinic
    other = rows.a_treatment(
        clinic, couple=rows.a_couple(clinic, recipient=replace(rows.LALITHA, given_name="Rani")), at=at
    )
    visit = rows.visit(other, "sensitisation")
    slot = best_slots(visit, at=at, limit=1)[0]
    booked = book(appointment=visit, starts_at=slot.starts_at, reason="Travel", actor=nurse, at=at)
    wish = want_earlier(appointment=booked, actor=nurse, at=at)
    closing = draft_closing(
        clinic=clinic,
        resource=None,
        starts_at=slot.starts_at - timedelta(hours=1),
        ends_at=slot.ends_at,
        reason="Repair",
        actor=nurse,
        at=at,
    )
    return {
        "day": str(clinic.pk),
        "load": str(clinic.pk),
        "day/visit": str(booked.pk),
        "day/activity": str(booked.activities.all()[0].pk),
        "booking/waiting": str(wish.pk),
        "booking/closing": str(closing.pk),
    }


def on_paper(treatment: Treatment, nurse: Actor, at: datetime) -> dict[str, str]:
    """A note, and a file beside a record."""
    note = write_note(couple=treatment.couple, text="Call after six", actor=nurse, at=at)
    result = Record.objects.filter(treatment=treatment, kind="result").earliest("recorded_at")
    file = attach_file(record=result, name="sheet.txt", content=b"Read twice.", actor=nurse, at=at)
    return {"couples/note": str(note.pk), "treatments/attachment": str(file.pk)}


def from_a_file(treatment: Treatment, nurse: Actor, at: datetime) -> dict[str, str]:
    """An upload of couples that waits for its trial run, and two entries of one human being."""
    clinic, her = treatment.clinic, treatment.couple.recipient
    content = b"recipient_given_name,partner_given_name,recipient_mrn\nAsha,Kiran,1"
    made = upload_import(clinic=clinic, content=content, reading=Reading(), actor=nurse, at=at)
    twin = Person.objects.create(clinic=clinic, given_name="Lalita", merged_into=her, changed_at=at)
    merge = PersonMerge.objects.create(clinic=clinic, kept=her, other=twin, merged_at=at, merged_by="Nurse")
    return {"couples/import": str(made.pk), "couples/merge": str(merge.pk)}


def on_the_worklist(treatment: Treatment, nurse: Actor, at: datetime) -> dict[str, str]:
    """A call with an outcome, a unit that is left, a cover, and a decision by phone that waits."""
    clinic, couple = treatment.clinic, treatment.couple
    one, two = (
        User.objects.get(pk=rows.staff(clinic, "doctor", f"{name}-{clinic.slug}").user_id)
        for name in ("covered", "cover")
    )
    call = ask_for_call(couple=couple, why="other", due_at=at, actor=nurse, at=at)
    outcome = record_call(task=call, outcome="declined", actor=nurse, at=at)
    day = at.date()
    cover = add_cover(clinic=clinic, user=one, by=two, from_on=day, to_on=day, actor=nurse, at=at)
    phone = enter_phone_decision(
        flag=rows.flag(treatment, "no_antibody_response"),
        choice="stop",
        reason="Told",
        parameters={},
        doctor=one,
        actor=nurse,
        at=at,
    )
    visit = rows.visit(treatment, "sensitisation")
    unit = DonorUnit.objects.create(
        clinic=clinic,
        appointment=visit,
        code=f"{couple.code}-1",
        check_code="AC34",
        donor="partner",
        recipient=couple.recipient,
        drawn_on=day,
        drawn_at=at,
        drawn_by="Nurse",
    )
    return {
        "worklist/unit": str(unit.pk),
        "worklist/call": str(call.pk),
        "worklist/visit": str(rows.visit(treatment, "preconception-booster").pk),
        "worklist/donor": str(rows.visit(treatment, "preconception-booster").pk),
        "worklist/outcome": str(outcome.pk),
        "worklist/covers": str(clinic.pk),
        "worklist/cover": str(cover.pk),
        "worklist/phone": str(phone.pk),
    }


def begun(treatment: Treatment) -> VersionMove:
    """A move that waits for its worker."""
    doctor = rows.staff(treatment.clinic, "doctor", f"earlier-doctor-{treatment.clinic.slug}")
    chosen = [Chosen(treatment.pk, MoveVerdict.UNCHANGED, "")]
    return start_move(version=treatment.protocol_version, chosen=chosen, actor=doctor, at=AT)


def address(route: str, key: str) -> str:
    path = re.sub(r"<uuid:\w+>", key, route).replace("<int:year>", "2026")
    path = path.replace("<slug:kind>", "note").replace("<slug:act>", "start")
    return "/admin/" + re.sub(r"<day:\w+>", "2026-06-01", path)


def test_no_address_of_another_clinic_answers(seat: Seat) -> None:
    theirs = filled(rows.a_clinic(rows.LONDON))
    ours = rows.a_clinic(rows.HYDERABAD)
    clients = {role: seat(rows.staff(ours, role), AT + timedelta(weeks=14)) for role in ROLES}
    before = Record.objects.count()
    for (role, client), (route, name) in product(clients.items(), WITH_KEY):
        key = theirs[route.split("/<", 1)[0]]
        where = address(route, key)
        answers = {client.get(where).status_code, client.post(where, {"reason": "x"}).status_code}
        # 405 says which methods an address knows, and nothing of what lies behind it.
        assert 404 in answers, (name, role, answers)
        assert answers <= {404, 405}, (name, role, answers)
    assert Record.objects.count() == before


def test_what_exists_nowhere_answers_just_the_same(seat: Seat) -> None:
    client = seat(rows.staff(rows.a_clinic(), "nurse"), AT)
    for route, name in WITH_KEY:
        assert client.get(address(route, str(uuid4()))).status_code in (404, 405), name


def test_lists_hold_the_own_clinic_alone(seat: Seat) -> None:
    theirs, ours = rows.a_clinic(rows.LONDON), rows.a_clinic(rows.HYDERABAD)
    filled(theirs)
    mine = filled(ours)
    clients = {role: seat(rows.staff(ours, role), AT + timedelta(weeks=14)) for role in ROLES}
    for (role, client), name in product(clients.items(), LISTS):
        answer = client.get(reverse(f"admin:{name}_changelist"), EVERYTHING.get(name, {}))
        if name == "clinic_membership" and role != "manager":
            assert answer.status_code == 403
            continue
        text = answer.content.decode()
        assert answer.status_code == 200, name
        assert "Thames" not in text, name
        assert "LON-" not in text, name
    for client in clients.values():
        text = client.get("/admin/couples/couple/", {"q": "LON-0001"}).content.decode()
        assert "LON-0001</a>" not in text
        assert mine["couples/couple"] in client.get("/admin/couples/couple/").content.decode()


def test_the_first_page_shows_the_own_clinic_alone(seat: Seat) -> None:
    filled(rows.a_clinic(rows.LONDON))
    ours = rows.a_clinic(rows.HYDERABAD)
    filled(ours)
    text = seat(rows.staff(ours, "doctor"), AT + timedelta(weeks=14)).get("/admin/").content.decode()
    assert any(couple.code in text for couple in Couple.objects.filter(clinic=ours))
    assert not any(couple.code in text for couple in Couple.objects.exclude(clinic=ours))


def test_nobody_enters_without_a_membership_not_even_a_superuser(db: None) -> None:
    rows.a_clinic()
    client = Client()
    for user in (
        None,
        User.objects.create_superuser("root"),
        User.objects.create_user("guest", is_staff=True),
    ):
        if user is not None:
            client.force_login(user)
        for path in (
            "/admin/",
            "/admin/couples/couple/",
            "/admin/couples/couple/add/",
            "/admin/clinic/membership/",
        ):
            answer = client.get(path)
            assert answer.status_code == 302, (user, path)
            assert answer["Location"].startswith("/admin/login/")


def test_a_membership_that_ended_closes_the_desk_at_once(seat: Seat) -> None:
    clinic = rows.a_clinic()
    nurse = rows.staff(clinic, "nurse")
    client = seat(nurse, AT)
    assert client.get("/admin/").status_code == 200
    Membership.objects.filter(user_id=nurse.user_id).update(is_active=False)
    assert client.get("/admin/").status_code == 302


def test_raw_forms_of_the_admin_do_not_exist(seat: Seat) -> None:
    clinic = rows.a_clinic()
    mine = filled(clinic)
    client = seat(rows.staff(clinic, "manager"), AT)
    appointment = mine["treatments/appointment"]
    for path in (
        f"/admin/treatments/appointment/{appointment}/delete/",
        f"/admin/treatments/appointment/{appointment}/history/",
        "/admin/treatments/appointment/add/",
        "/admin/treatments/flag/add/",
        "/admin/clinic/user/",
        "/admin/search/?s=couple",
    ):
        assert client.get(path).status_code == 404, path


def test_only_the_desks_own_lists_are_registered() -> None:
    names = {f"{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry}
    assert names == {*LISTS, "oauth2_provider_application"}
