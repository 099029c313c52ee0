"""Pages of the desk with five thousand couples, through the whole of Django, beside the same page of an empty clinic."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from apps.clinic.models import Clinic, Membership, User
from apps.clinic.services import ClinicInput, add_member, create_clinic
from apps.couples.models import Couple
from apps.desk.demo.clinics import make
from benchmarks.clinic import AT, SYSTEM
from benchmarks.crowd import multiply
from benchmarks.figures import Figure, Target, compared
from benchmarks.timing import wall_seconds

COUPLES = 5000
TURNS = 3
# What a page may take, in milliseconds.
PROMISED = 200
PAGES = {"the first page": "index"}


def figures() -> Iterator[Figure]:
    """One figure a page: a nurse's, with every kind of row on it."""
    clinic = _crowded()
    count = Couple.objects.filter(clinic=clinic).count()
    nurse = Membership.objects.filter(clinic=clinic, role="nurse").select_related("user")[0].user
    with override_settings(ALLOWED_HOSTS=["testserver"]):
        crowded, empty = _client(nurse), _client(_nurse_of_an_empty_clinic())
        for title, name in PAGES.items():
            address = reverse(f"admin:{name}")
            taken = wall_seconds(
                {"crowded": _page(crowded, address), "empty": _page(empty, address)}, turns=TURNS
            )
            yield compared(
                f"{title}, {count:,} couples",
                "ms",
                [1000 * value for value in taken["crowded"]],
                "the same page of an empty clinic",
                [1000 * value for value in taken["empty"]],
                Target("at most", PROMISED, of="ours"),
            )


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
