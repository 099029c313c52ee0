"""Pages of the desk with five thousand couples, through the whole of Django, beside the first page of an empty clinic."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from apps.clinic.models import Clinic, Membership, User
from apps.clinic.queries import local_today
from apps.clinic.services import ClinicInput, add_member, create_clinic
from apps.couples.models import Couple
from apps.desk.demo.clinics import make
from apps.desk.worklist import KINDS
from apps.treatments.models import Appointment, Flag
from benchmarks.clinic import AT, SYSTEM
from benchmarks.crowd import multiply
from benchmarks.figures import Figure, Target, compared
from benchmarks.timing import wall_seconds

COUPLES = 5000
TURNS = 3
# What a page may take, in milliseconds.
PROMISED = 200


def figures() -> Iterator[Figure]:
    """One figure a page, as a nurse sees it."""
    clinic = _crowded()
    count = Couple.objects.filter(clinic=clinic).count()
    nurse = Membership.objects.filter(clinic=clinic, role="nurse").select_related("user")[0].user
    with override_settings(ALLOWED_HOSTS=["testserver"]):
        crowded, empty = _client(nurse), _client(_nurse_of_an_empty_clinic())
        floor = _page(empty, reverse("admin:index"))
        for title, address in _addresses(clinic).items():
            taken = wall_seconds({"crowded": _page(crowded, address), "empty": floor}, turns=TURNS)
            yield compared(
                f"{title}, {count:,} couples",
                "ms",
                [1000 * value for value in taken["crowded"]],
                "the first page of an empty clinic",
                [1000 * value for value in taken["empty"]],
                Target("at most", PROMISED, of="ours"),
            )


def _addresses(clinic: Clinic) -> dict[str, str]:
    """Every page that a day at the desk goes through, on one couple and one day of the many."""
    on = local_today(clinic, timezone.now())
    visits = Appointment.objects.filter(clinic=clinic)
    ahead = visits.filter(status="booked", starts_at__gt=timezone.now()).order_by("starts_at")[0]
    unbooked = visits.filter(status="proposed", state="proposed", held=False).order_by("pk")[0]
    flag = Flag.objects.filter(clinic=clinic, state="open").order_by("pk")[0]
    lists = ("couples_couple", "treatments_treatment", "treatments_appointment", "treatments_flag")
    plain = {"the first page": "index", "waiting list": "waiting", "closings": "closings"}
    one = {
        "couple": ("couples_couple_change", [ahead.treatment.couple_id]),
        "plan": ("treatments_treatment_change", [ahead.treatment_id]),
        "visit": ("treatments_appointment_change", [ahead.pk]),
        "messages of a visit": ("visit_messages", [ahead.pk]),
        "book": ("visit_book", [unbooked.pk]),
        "move": ("visit_move", [ahead.pk]),
        "call": ("call_visit", [unbooked.pk]),
        "flag": ("treatments_flag_change", [flag.pk]),
        "day sheet": ("day_sheet", [clinic.pk, on.isoformat()]),
        "board": ("day_board", [clinic.pk, on.isoformat()]),
        "load of a week": ("load_week", [clinic.pk, on.isoformat()]),
        "load of a month": ("load_month", [clinic.pk, on.isoformat()]),
        "close a day": ("closing_plan", [clinic.pk]),
        "resources": ("clinic_resources", [clinic.pk]),
        "clinic": ("clinic_clinic_change", [clinic.pk]),
    }
    return {
        **{title: reverse(f"admin:{name}") for title, name in plain.items()},
        **{f"list: {kind}": reverse("admin:worklist_kind", args=[kind]) for kind in KINDS},
        **{f"list: {name}": reverse(f"admin:{name}_changelist") for name in lists},
        **{title: reverse(f"admin:{name}", args=args) for title, (name, args) in one.items()},
    }


def _crowded() -> Clinic:
    """The demo's clinic with the most couples, each of them many times over."""
    make(at=timezone.now(), password=lambda: "of-no-use-to-anybody", say=lambda _: None)
    clinics = {clinic: Couple.objects.filter(clinic=clinic).count() for clinic in Clinic.objects.all()}
    clinic = max(clinics, key=lambda one: clinics[one])
    multiply(clinic, -(-COUPLES // clinics[clinic]) - 1)
    return clinic


def _nurse_of_an_empty_clinic() -> User:
    given = ClinicInput(
        name="Empty Clinic",
        slug="empty",
        zone="Asia/Kolkata",
        country="IN",
        phone="+91 40 5550 0199",
        discreet_name="Lake Road",
        discreet_place="1 Lake Road",
    )
    clinic = create_clinic(given=given, actor=SYSTEM, at=AT)
    user = User.objects.create_user(username="nurse-of-an-empty-clinic", password=None)
    add_member(clinic=clinic, user=user, role="nurse", actor=SYSTEM, at=AT)
    return user


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _page(client: Client, address: str) -> Callable[[], object]:
    """One GET. A wrong status is an error, for it would be measured as a quick answer."""

    def work() -> object:
        answer = client.get(address)
        if answer.status_code != 200:
            raise RuntimeError(f"{address} answered {answer.status_code}")
        return answer

    return work
