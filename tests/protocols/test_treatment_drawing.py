"""One treatment as a picture: what must be seen is in it, on every plan of the library, at every width."""

from __future__ import annotations

from datetime import date, timedelta
from xml.etree import ElementTree

import pytest

from protocols import Plan, PlannedVisit, State, Window, library_names
from protocols.drawing import draw_treatment
from protocols.drawing.visits import Away, Mark, is_dated, is_waiting, line_of, name_of
from tests.builders import booked, given, plan_on, started
from tests.protocols.golden_page import GOLDEN, golden_of

SVG = "{http://www.w3.org/2000/svg}"
TODAY = date(2026, 2, 2)
WIDTHS = (350.0, 760.0)


def a_visit(state: State = State.PROPOSED, **more: object) -> PlannedVisit:
    window = Window(*(date(2026, 2, 1) + timedelta(days=n) for n in (0, 7, 14, 21, 28)))
    values = {"step": "dose", "occurrence": 1, "title": "Dose", "window": window, "state": state, **more}
    return PlannedVisit(**values)  # type: ignore[arg-type]


def a_plan(*visits: PlannedVisit) -> Plan:
    return Plan(today=TODAY, visits=visits, verdicts=(), flags=(), replan_on=None)


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def of_class(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [one for one in root.iter() if name in (one.get("class") or "").split()]


def box(one: ElementTree.Element) -> tuple[float, float]:
    start = float(one.get("x", "0"))
    return start, start + float(one.get("width", "0"))


def texts(root: ElementTree.Element) -> str:
    return " ".join(one.text or "" for one in root.iter(f"{SVG}text"))


@pytest.mark.parametrize("width", WIDTHS)
def test_a_window_is_a_bar_of_its_five_dates_with_a_tick_at_the_target(width: float) -> None:
    root = parsed(draw_treatment(a_plan(a_visit()), title="one", width=width))
    (edge,), (good,) = of_class(root, "tl-edge"), of_class(root, "tl-good")
    (target,) = of_class(root, "tl-target")
    day = (box(good)[1] - box(good)[0]) / 15
    assert box(edge)[0] == pytest.approx(box(good)[0] - 7 * day, abs=0.3)
    assert box(edge)[1] == pytest.approx(box(good)[1] + 7 * day, abs=0.3)
    assert float(target.get("x1", "0")) == pytest.approx(box(good)[0] + 7.5 * day, abs=0.3)


@pytest.mark.parametrize(
    ("visit", "sign"),
    [
        (a_visit(State.FULFILLED, on=date(2026, 2, 9)), "tl-actual"),
        (a_visit(State.BOOKED, on=date(2026, 2, 9)), "tl-booked"),
        (a_visit(State.PROPOSED, proposed_on=date(2026, 2, 9)), "tl-proposed"),
    ],
)
def test_done_booked_and_proposed_have_signs_of_their_own(visit: PlannedVisit, sign: str) -> None:
    root = parsed(draw_treatment(a_plan(visit), title="one"))
    signs = [name for name in ("tl-actual", "tl-booked", "tl-proposed") if of_class(root, name)]
    assert signs == [sign]


def test_a_pencilled_booking_is_dashed() -> None:
    visit = a_visit(State.BOOKED, on=date(2026, 2, 9), pencilled=True)
    (sign,) = of_class(parsed(draw_treatment(a_plan(visit), title="one")), "tl-booked")
    assert sign.get("stroke-dasharray")


def test_what_is_held_is_hatched_and_named_as_held() -> None:
    root = parsed(
        draw_treatment(a_plan(a_visit(held_by=("no_antibody_response:1",))), title="one", name="here")
    )
    (held,) = of_class(root, "tl-held")
    assert held.get("fill") == "url(#here-held)"
    assert root.find(f".//{SVG}pattern[@id='here-held']") is not None
    assert "Dose (held)" in texts(root)
    assert not of_class(parsed(draw_treatment(a_plan(a_visit()), title="one")), "tl-held")


def test_milestones_absences_and_today_run_through_every_row() -> None:
    svg = draw_treatment(
        a_plan(a_visit()),
        title="one",
        milestones=[Mark("Course start", date(2026, 1, 5)), Mark("Transfer", date(2026, 3, 20), "planned")],
        absences=[Away("Partner", date(2026, 2, 10), date(2026, 2, 14))],
    )
    root = parsed(svg)
    happened, planned_line = of_class(root, "tl-milestone")
    assert not happened.get("stroke-dasharray")
    assert planned_line.get("stroke-dasharray")
    (today,) = of_class(root, "tl-today-line")
    (away,) = of_class(root, "tl-away-ground")
    assert box(away)[1] > box(away)[0] > float(today.get("x1", "0")) > float(happened.get("x1", "0"))
    assert "Transfer (planned)" in texts(root)


def test_days_lie_in_their_order_and_a_bar_that_leaves_the_picture_has_a_point() -> None:
    long = a_visit(window=Window(None, date(2026, 2, 9), None, None, None), title="Booster")
    root = parsed(draw_treatment(a_plan(a_visit(), long), title="one"))
    assert [one.tag for one in of_class(root, "tl-good")].count(f"{SVG}polygon") == 1


def test_whoever_hears_it_hears_every_visit_with_its_window() -> None:
    visit = a_visit(State.BOOKED, on=date(2026, 2, 9), held_by=("x",))
    root = parsed(draw_treatment(a_plan(visit), title="Course of HYD-0001"))
    said = root.find(f"{SVG}desc")
    assert root.get("role") == "img"
    assert root.get("aria-label") == "Course of HYD-0001"
    assert said is not None
    assert said.text is not None
    assert line_of(visit) in said.text
    for part in ("booked 9 Feb 2026", "not before 1 Feb 2026", "good from 8 Feb 2026", "target 15 Feb 2026",
                 "good until 22 Feb 2026", "closed after 1 Mar 2026", "on hold"):  # fmt: skip
        assert part in line_of(visit)


def test_what_is_written_is_escaped() -> None:
    svg = draw_treatment(a_plan(a_visit(title="<script>alert(1)</script>")), title='"><script>')
    assert "<script" not in svg
    assert parsed(svg) is not None


def test_a_dose_that_does_not_count_is_crossed() -> None:
    early = plan_on("2026-01-15", [started(), given(1, "2026-01-12"), given(2, "2026-01-14")])
    root = parsed(draw_treatment(early, title="one"))
    assert len(of_class(root, "tl-cross")) == 2


def test_a_plan_without_any_day_is_a_picture_all_the_same() -> None:
    waiting = a_visit(State.WAITING, window=None, title="Booster")
    root = parsed(draw_treatment(a_plan(waiting), title="one"))
    assert "Without a day yet: Booster." in texts(root)


@pytest.mark.parametrize("name", sorted(path.stem for path in GOLDEN.glob("*.yaml")))
@pytest.mark.parametrize("width", WIDTHS)
def test_every_plan_of_the_library_is_drawn_within_its_width(name: str, width: float) -> None:
    golden = golden_of(name)
    for stage in golden.stages.values():
        plan = golden.plan(stage)
        root = parsed(draw_treatment(plan, title=stage.title, width=width))
        shown = texts(root)
        for visit in plan.visits:
            if is_dated(visit) or is_waiting(visit):
                assert name_of(visit).split()[0] in shown
        for bar in root.iter(f"{SVG}rect"):
            start, end = box(bar)
            assert -0.1 <= start <= end <= width + 0.1


def test_equal_plans_give_equal_pictures() -> None:
    facts = [started(), given(1, "2026-01-12"), booked("sensitisation", "2026-02-09", 2)]
    one, other = (draw_treatment(plan_on("2026-01-15", facts), title="one") for _ in range(2))
    assert one == other
    assert library_names()
