"""How a session stands at a moment: in memory, without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.booking.models import ActivityState, SessionActivity
from apps.booking.session.board import Lane, Said, Tone, lane_of
from protocols.sessions import DEFAULT_SESSIONS, Session

START = datetime(2026, 1, 27, 4, tzinfo=UTC)
CELLS = DEFAULT_SESSIONS["cells"]
NAMES = [link.name for link in CELLS.activities]


def chain(**done: int) -> list[SessionActivity]:
    """The usual chain, planned one link after the other; named links are done so many minutes after its beginning."""
    links, begins = [], START
    for position, link in enumerate(CELLS.activities):
        ends = begins + timedelta(minutes=link.minutes)
        one = SessionActivity(
            position=position,
            name=link.name,
            kind=link.kind,
            title=link.title,
            starts_at=begins,
            ends_at=ends,
        )
        if link.name in done:
            one.state = ActivityState.DONE
            one.done_at = START + timedelta(minutes=done[link.name])
        links.append(one)
        begins = ends
    return links


def lane(
    links: list[SessionActivity],
    minutes: int,
    *,
    arrived: bool = True,
    in_force: bool = True,
    given: bool = False,
    recipe: Session | None = CELLS,
    most_hours: float | None = None,
) -> Lane:
    at = START + timedelta(minutes=minutes)
    return lane_of(
        links, at=at, arrived=arrived, in_force=in_force, given=given, recipe=recipe, most_hours=most_hours
    )


def said(found: Lane) -> list[Said]:
    return [cell.said for cell in found.cells]


def test_before_it_begins_the_first_link_is_next_and_the_rest_to_come() -> None:
    found = lane(chain(), -30, arrived=False)
    assert said(found) == [Said.NEXT, *[Said.TO_COME] * 6]
    assert found.tone is Tone.QUIET


def test_a_link_behind_its_time_is_amber_and_never_red() -> None:
    found = lane(chain(fitness=15), 60)
    assert found.cells[1].said is Said.BEHIND
    assert found.cells[1].elapsed == timedelta(minutes=45)
    assert found.tone is Tone.LATE


def test_a_couple_that_has_not_come_makes_nothing_red_however_late_it_is() -> None:
    assert lane(chain(), 600, arrived=False).tone is Tone.LATE


def test_a_gate_that_waits_asks_for_a_person() -> None:
    found = lane(chain(fitness=15, draw=45, serology=105), 105)
    assert found.cells[3].said is Said.GATE_WAITS
    assert found.tone is Tone.ACT
    assert found.current is not None
    assert found.current.name == "release"


def test_what_goes_on_says_how_long_and_turns_amber_when_it_takes_longer() -> None:
    links = chain(fitness=15)
    links[1].state, links[1].started_at = ActivityState.STARTED, START + timedelta(minutes=15)
    assert lane(links, 30).cells[1].said is Said.GOING
    assert lane(links, 30).cells[1].elapsed == timedelta(minutes=15)
    assert lane(links, 45).cells[1].tone is Tone.GOING
    assert lane(links, 46).cells[1].tone is Tone.LATE


def test_an_observation_that_is_over_asks_for_a_person() -> None:
    links = chain(**{name: 10 * n for n, name in enumerate(NAMES[:-1], 1)})
    links[-1].state, links[-1].started_at = ActivityState.STARTED, START + timedelta(minutes=60)
    assert lane(links, 90).tone is Tone.GOING
    assert lane(links, 91).cells[-1].tone is Tone.ACT


def test_an_observation_goes_on_after_the_dose_is_recorded_and_not_after_a_cancellation() -> None:
    links = chain(**{name: 10 * n for n, name in enumerate(NAMES[:-1], 1)})
    links[-1].state, links[-1].started_at = ActivityState.STARTED, START + timedelta(minutes=60)
    found = lane(links, 91, arrived=False, in_force=False, given=True)
    assert found.current is links[-1]
    assert (found.cells[-1].said, found.tone) == (Said.OVER, Tone.ACT)
    gone = lane(links, 91, arrived=False, in_force=False)
    assert (gone.current, gone.cells[-1].said, gone.tone) == (None, Said.LEFT_OUT, Tone.QUIET)


def test_cells_age_from_the_draw_to_the_injection_against_the_protocols_most() -> None:
    links = chain(fitness=15, draw=45)
    (age,) = lane(links, 45 + 170, most_hours=4).ages
    assert (age.what, age.elapsed, age.share, age.tone) == ("cells", timedelta(minutes=170), 70, Tone.GOING)
    assert lane(links, 45 + 180, most_hours=4).ages[0].tone is Tone.LATE
    assert lane(links, 45 + 240, most_hours=4).ages[0].tone is Tone.LATE
    assert lane(links, 45 + 241, most_hours=4).ages[0].tone is Tone.ACT


def test_without_a_limit_the_age_is_said_and_nothing_is_judged() -> None:
    (age,) = lane(chain(fitness=15, draw=45), 1000).ages
    assert (age.most, age.share, age.tone) == (None, None, Tone.QUIET)


def test_the_age_stands_still_from_the_injection_on() -> None:
    links = chain(fitness=15, draw=45, serology=105, release=110, preparation=230, injection=245)
    links[5].started_at = START + timedelta(minutes=230)
    (age,) = lane(links, 2000, most_hours=4).ages
    assert (age.elapsed, age.stopped, age.tone) == (timedelta(minutes=185), True, Tone.QUIET)


def test_a_wait_that_the_recipe_bounds_is_shown_against_its_most() -> None:
    parts = [
        part.model_copy(update={"within_minutes": 20}) if part.name == "draw" else part
        for part in CELLS.activities
    ]
    bounded = Session(title="x", activities=tuple(parts))
    (wait,) = lane(chain(fitness=15), 25, recipe=bounded).ages
    assert (wait.what, wait.elapsed, wait.most) == (
        "Donor draw",
        timedelta(minutes=10),
        timedelta(minutes=20),
    )
    assert lane(chain(fitness=15), 36, recipe=bounded).ages[0].tone is Tone.ACT


@pytest.mark.parametrize(("in_force", "tone"), [(True, Tone.ACT), (False, Tone.QUIET)])
def test_a_failed_link_is_red_until_somebody_has_acted(in_force: bool, tone: Tone) -> None:
    links = chain()
    links[0].state = ActivityState.FAILED
    found = lane(links, 20, in_force=in_force)
    assert (found.cells[0].said, found.cells[0].tone) == (Said.FAILED, tone)
    assert found.stopped
    assert found.current is None


@given(
    st.lists(st.sampled_from(list(ActivityState)), min_size=7, max_size=7),
    st.integers(-600, 3000),
    st.booleans(),
)
def test_red_always_names_its_reason(states: list[ActivityState], minutes: int, arrived: bool) -> None:
    links = chain()
    for link, state in zip(links, states, strict=True):
        link.state = state
        if state == ActivityState.STARTED:
            link.started_at = link.starts_at
        if state == ActivityState.DONE:
            link.done_at = link.ends_at
    found = lane(links, minutes, arrived=arrived, most_hours=6)
    red = {cell.said for cell in found.cells if cell.tone is Tone.ACT}
    assert red <= {Said.GATE_WAITS, Said.FAILED, Said.OVER}
    assert (found.tone is Tone.ACT) == (bool(red) or any(age.tone is Tone.ACT for age in found.ages))
    assert Said.GATE_WAITS not in red or arrived
