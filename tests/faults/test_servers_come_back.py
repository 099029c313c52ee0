"""Every connection to the database is cut under the running product: it goes on by itself."""

from __future__ import annotations

from django.db import connection

from tests.clinic_day import Course
from tests.live import LiveStack
from tests.live_house import LiveHouse

TEST = "baseline-antibody-test#1"


def test_every_connection_to_the_database_is_cut_between_two_requests_and_nobody_notices(
    live_stack: LiveStack,
) -> None:
    house = LiveHouse(live_stack)
    course = Course.begin(house, house.today, name=house.clinic.slug)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'idle'"
        )
        assert cursor.fetchone()[0] > 0
    starts_at = house.moment(2)
    course.act("book", TEST, starts_at=starts_at)
    assert [mail.subject for mail in house.mails(1, course.addresses)] == [house.subject(starts_at)]
