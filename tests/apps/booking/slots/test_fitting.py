"""Where a chain fits into a day: the bits against a slow search that tries everything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.booking.slots.chains import Bound, Placed, Room, Run, Spot, Stage, blocks_of
from apps.booking.slots.fitting import Fit
from apps.booking.slots.free import _bits
from apps.booking.slots.grid import begins, ends_before, every, lowest, reaching, span

LENGTH = 16
ROOMS = {number: UUID(int=number) for number in range(1, 6)}
ANNA, BELA = UUID(int=101), UUID(int=102)
ALL = span(0, LENGTH)
bits = st.integers(0, ALL)
# Mostly free, so that chains fit often enough to be told apart.
mostly = st.one_of(bits, st.builds(lambda a, b: ALL & ~(a & b), bits, bits), st.just(ALL))


# What the bits mean, one five after another.


@given(mostly, st.integers(1, 6))
def test_begins_finds_runs_of_free_fives(free: int, length: int) -> None:
    wanted = [n for n in range(LENGTH) if all(free >> n + more & 1 for more in range(length))]
    assert [n for n in range(LENGTH) if begins(free, length) >> n & 1] == wanted


@given(mostly, st.integers(0, LENGTH))
def test_reaching_finds_where_all_is_free_up_to_an_end(free: int, end: int) -> None:
    wanted = [n for n in range(end) if all(free >> m & 1 for m in range(n, end))]
    assert [n for n in range(LENGTH) if reaching(free, end) >> n & 1] == wanted


@given(bits, st.integers(0, 5), st.one_of(st.none(), st.integers(0, 5)))
def test_ends_before_finds_ends_from_which_a_start_can_follow(
    starts: int, after: int, more: int | None
) -> None:
    within = None if more is None else after + more
    wanted = [
        end for end in range(LENGTH)
        if any(starts >> n & 1 for n in range(end + after, LENGTH + 1 if within is None else end + within + 1))
    ]  # fmt: skip
    found = ends_before(starts, after, within)
    assert [end for end in range(LENGTH) if found >> end & 1] == wanted


def test_a_bit_number_and_a_grid_of_starts() -> None:
    assert (lowest(0b1000), lowest(0)) == (3, -1)
    assert every(3, 8) == 0b1001001


# The slow search: every start of every stage, every place.


def brute(stages: list[Stage], room: Room, bound: Bound | None) -> set[int]:
    return {placed[0][0] for placed in _chains(stages, room, bound, ())}


def _chains(
    stages: list[Stage], room: Room, bound: Bound | None, done: tuple[tuple[int, int, dict[str, object]], ...]
) -> Iterator[tuple[tuple[int, int, dict[str, object]], ...]]:
    number = len(done)
    if number == len(stages):
        yield done
        return
    stage = stages[number]
    for start in range(room.length + 1):
        if number:
            end = done[-1][1]
            if stage.stays and start != end:
                continue
            low, high = end + stage.after, room.length if stage.within is None else end + stage.within
            if not low <= start <= high:
                continue
        if bound and number == bound.second and start - done[bound.first][0] > bound.most:
            continue
        for end, places in _ways(stages, number, start, room, done):
            yield from _chains(stages, room, bound, (*done, (start, end, places)))


def _ways(
    stages: list[Stage],
    number: int,
    start: int,
    room: Room,
    done: tuple[tuple[int, int, dict[str, object]], ...],
) -> Iterator[tuple[int, dict[str, object]]]:
    """Ends and places of one stage that starts then."""
    stage = stages[number]
    alone = not stage.stays and not (number + 1 < len(stages) and stages[number + 1].stays)
    ways: list[tuple[int, str | None, Run | None]] = [(start + stage.length, None, None)]
    if alone:
        runs = (
            (kind, run)
            for kind in stage.kinds
            for spot in room.spots.get(kind, ())
            for run in spot.runs or ()
        )
        ways += [(run.ends, kind, run) for kind, run in runs if run.starts <= start <= run.cutoff]
    for end, batched, run in ways:
        hours = span(start, start + 1) if batched else span(start, end)
        there = [room.people.get(person, ALL) for person in stage.people]
        if not room.beginnings >> start & 1 or room.open & hours != hours:
            continue
        if any(free & span(start, end) != span(start, end) for free in there):
            continue
        kept = done[-1][2] if stage.stays else {}
        places: list[dict[str, object]] = [{}]
        for kind in stage.kinds:
            if kind in room.spots:
                free_places = _free(room.spots[kind], start, end, run if kind == batched else None)
                if kind in kept:
                    free_places &= {kept[kind]}
                places = [{**had, kind: key} for had in places for key in free_places]
        yield from ((end, of_all) for of_all in places)


def _free(spots: Sequence[Spot], start: int, end: int, run: Run | None) -> set[object]:
    return {
        (spot.resource_id, spot.place)
        for spot in spots
        if (
            run in (spot.runs or ())
            if run
            else spot.runs is None and spot.free & span(start, end) == span(start, end)
        )
    }


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Stage], Room, Bound | None]:
    spots: dict[str, list[Spot]] = {}
    for kind, count in (("a", draw(st.integers(1, 2))), ("b", draw(st.integers(0, 2)))):
        spots[kind] = [Spot(ROOMS[len(spots) * 2 + n + 1], 1, draw(mostly)) for n in range(count)]
    if draw(st.booleans()):
        first = draw(st.integers(0, 8))
        cut = first + draw(st.integers(0, 2))
        run = Run(first, cut, cut + draw(st.integers(1, 4)))
        spots["a"] = [*spots["a"], Spot(ROOMS[5], 1, 0, (run,))]
    stages = []
    for number in range(draw(st.integers(1, 4))):
        kinds = tuple(sorted(draw(st.sets(st.sampled_from(["a", "b", "unlisted"])))))
        after = draw(st.integers(0, 2))
        within = draw(st.one_of(st.none(), st.integers(after, after + 3)))
        people = tuple(draw(st.sets(st.sampled_from([ANNA, BELA]))))
        stage = Stage(draw(st.integers(1, 3)), kinds, people, after, within)
        if number and set(kinds) & set(stages[-1].kinds) and draw(st.booleans()):
            stage = replace(stage, after=0, stays=True)
        stages.append(stage)
    if not spots["b"]:
        del spots["b"]
    room = Room(LENGTH, draw(mostly), draw(st.one_of(st.just(ALL), mostly)), spots, {ANNA: draw(mostly)})
    bound = None
    if len(stages) > 1 and draw(st.booleans()):
        first = draw(st.integers(0, len(stages) - 2))
        bound = Bound(first, draw(st.integers(first + 1, len(stages) - 1)), draw(st.integers(1, 8)))
    return stages, room, bound


@settings(max_examples=400, deadline=None)
@given(cases())
def test_the_bits_find_the_starts_that_trying_everything_finds(
    case: tuple[list[Stage], Room, Bound | None],
) -> None:
    stages, room, bound = case
    fit = Fit(blocks_of(stages), room, bound)
    wanted = brute(stages, room, bound)
    assert {n for n in range(LENGTH) if fit.starts >> n & 1} == wanted
    for start in range(LENGTH):
        placed = fit.place(start)
        assert (placed is None) == (start not in wanted)
        if placed is not None:
            assert placed[0].starts == start
            follows_the_law(stages, room, bound, placed)


def follows_the_law(stages: list[Stage], room: Room, bound: Bound | None, placed: tuple[Placed, ...]) -> None:
    for number, (stage, one) in enumerate(zip(stages, placed, strict=True)):
        assert room.beginnings >> one.starts & 1
        if number:
            gap = one.starts - placed[number - 1].ends
            assert gap >= stage.after
            assert stage.within is None or gap <= stage.within
            assert not stage.stays or gap == 0
        for person in stage.people:
            assert room.people.get(person, ALL) & span(one.starts, one.ends) == span(one.starts, one.ends)
        listed = [kind for kind in stage.kinds if kind in room.spots]
        assert len(one.takes) == len(listed)
        for kind in listed:
            ((spot, take),) = [
                (spot, take)
                for spot in room.spots[kind]
                for take in one.takes
                if (spot.resource_id, spot.place) == (take.resource_id, take.place)
            ]
            if spot.runs is None:
                assert spot.free & span(take.starts, take.ends) == span(take.starts, take.ends)
                assert take.starts <= one.starts < one.ends <= take.ends
            else:
                run = next(run for run in spot.runs if run.ends == take.ends)
                assert run.starts <= one.starts <= run.cutoff
                assert (take.starts, one.ends) == (run.starts, run.ends)
    if bound:
        assert placed[bound.second].starts - placed[bound.first].starts <= bound.most


def spot(number: int, free: int = ALL, runs: tuple[Run, ...] | None = None) -> Spot:
    return Spot(ROOMS[number], 1, free, runs)


def room(**spots: list[Spot]) -> Room:
    return Room(LENGTH, ALL, ALL, spots, {})


def test_what_stays_keeps_one_place_for_both_though_two_could_share_it_out() -> None:
    chair = [spot(1, span(0, 3)), spot(2, span(3, 9))]
    stages = [Stage(3, ("chair",)), Stage(3, ("chair",), stays=True)]
    fit = Fit(blocks_of(stages), room(chair=chair))
    assert fit.starts == 0b1000
    placed = fit.place(3)
    assert placed is not None
    assert {take.resource_id for one in placed for take in one.takes} == {ROOMS[2]}


def test_of_two_batches_that_end_together_the_one_that_has_begun_is_filled() -> None:
    runs = (Run(2, 4, 8),), (Run(2, 4, 8, begun=True),)
    bench = [spot(1, 0, runs[0]), spot(2, 0, runs[1])]
    (placed,) = Fit(blocks_of([Stage(3, ("bench",))]), room(bench=bench)).place(3) or ()
    assert (placed.takes[0].resource_id, placed.joins_batch) == (ROOMS[2], True)
    assert (placed.starts, placed.ends, placed.takes[0].starts) == (3, 8, 2)


def test_a_batch_takes_its_place_from_its_beginning_so_a_chain_is_not_in_its_own_way() -> None:
    runs = (Run(0, 1, 4), Run(2, 5, 9))
    stages = [Stage(1, ("bench",)), Stage(1, ("bench",))]
    alone = Fit(blocks_of(stages), room(bench=[spot(1, 0, runs)]))
    assert alone.place(0) is None
    both = Fit(blocks_of(stages), room(bench=[spot(1, 0, runs), spot(2, 0, runs)])).place(0)
    assert both is not None
    assert both[0].takes[0].resource_id != both[1].takes[0].resource_id


@pytest.mark.parametrize(("most", "starts"), [(2, 0), (3, 0b10), (4, 0b11)])
def test_from_draw_to_injection_no_more_than_the_bound(most: int, starts: int) -> None:
    # The draw may be at 0 or 1, the injection only at 4.
    stages = [Stage(1, ("a",)), Stage(1), Stage(1, ("b",))]
    found = Fit(blocks_of(stages), room(a=[spot(1, 0b11)], b=[spot(2, 0b10000)]), Bound(0, 2, most))
    assert found.starts == starts


# How what is taken comes from the database.


@given(st.lists(st.tuples(st.integers(-900, 12_000), st.integers(1, 2_700)), min_size=1, max_size=8))
def test_spans_as_sent_are_the_fives_that_any_of_them_touches(spans: list[tuple[int, int]]) -> None:
    """Seconds from the first day's beginning, as PostgreSQL sends them: microseconds since 2000, highest byte first."""
    day = datetime(2026, 10, 25, tzinfo=UTC)
    since = int((day - datetime(2000, 1, 1, tzinfo=UTC)).total_seconds())
    sent = b"".join(
        ((since + second) * 1_000_000).to_bytes(8, "big", signed=True)
        for first, length in spans
        for second in (first, first + length)
    )
    wanted = sum(
        1 << n
        for n in range(40)
        if any(first < (n + 1) * 300 and n * 300 < first + length for first, length in spans)
    )
    assert _bits(sent, int(day.timestamp()) // 300, 40) == wanted
