"""Sessions: which chain a visit is made of, and what a document may not say of one."""

import pytest

from protocols import TemplateFaults, differences, library_names, library_text, load, scheduling_hash
from protocols.sessions import DEFAULT_SESSIONS, Session
from tests.builders import LIT
from tests.protocols.test_bad_documents import GOOD

CHAIN = """\
sessions:
  short:
    title: Short
    activities:
      - {name: draw, title: Draw, kind: draw, minutes: 30, needs: [phlebotomy], attends: [donor]}
      - {name: injection, title: Injection, kind: injection, minutes: 15, after_minutes: 60, needs: [chair],
         attends: [recipient]}
      - {name: rest, title: Rest, kind: observation, minutes: 30, needs: [chair], attends: [recipient], stays: true}
"""
WITH_CHAIN = GOOD.replace("    kind: dose\n", "    kind: dose\n    session: short\n", 1) + CHAIN


def changed(old: str, new: str) -> str:
    assert WITH_CHAIN.count(old) == 1, old
    return WITH_CHAIN.replace(old, new)


def said_of(session: Session) -> list[str]:
    return [activity.name for activity in session.activities]


def test_a_dose_of_the_standard_course_is_the_chain_of_a_day() -> None:
    chain = LIT.session_of("sensitisation")
    assert said_of(chain) == [
        "fitness", "draw", "serology", "release", "preparation", "injection", "observation",
    ]  # fmt: skip
    # 08:00 the couple comes; the injection begins at 11:55, about noon as the sources have it.
    before = [activity for activity in chain.activities if activity.name not in ("injection", "observation")]
    assert sum(activity.after_minutes + activity.minutes for activity in before) == 235
    assert chain.minutes == 280
    assert said_of(chain) == said_of(DEFAULT_SESSIONS["cells"])


@pytest.mark.parametrize(
    ("step", "links"),
    [("antibody-test", ["sample"]), ("preconception-booster", said_of(DEFAULT_SESSIONS["cells"]))],
)
def test_a_step_without_a_session_takes_the_chain_of_its_kind(step: str, links: list[str]) -> None:
    assert said_of(LIT.session_of(step)) == links


@pytest.mark.parametrize("name", library_names())
def test_every_step_of_every_protocol_has_a_chain(name: str) -> None:
    protocol = load(library_text(name))
    for step in protocol.steps:
        chain = protocol.session_of(step.name)
        assert chain.minutes > 0
        assert any(activity.attends for activity in chain.activities), step.name


def test_a_dose_without_a_donor_is_injected_and_watched() -> None:
    assert said_of(load(GOOD).session_of("dose")) == ["injection", "observation"]


def test_a_document_names_its_own_chain() -> None:
    chain = load(WITH_CHAIN).session_of("dose")
    assert (said_of(chain), chain.minutes) == (["draw", "injection", "rest"], 135)


@pytest.mark.parametrize(
    ("old", "new", "field", "message"),
    [
        ("session: short", "session: long", "steps.0.session", "no session 'long'"),
        ("minutes: 15,", "minutes: 7,", "sessions.short.activities.1.minutes", "multiple of 5"),
        ("kind: draw,", "kind: dance,", "sessions.short.activities.0.kind", "draw"),
        ("needs: [phlebotomy]", "needs: [sofa]", "sessions.short.activities.0.needs.0", "chair"),
        ("{name: rest", "{name: draw", "sessions.short", "the same name"),
        ("attends: [donor]}", "attends: [donor], stays: true}", "sessions.short", "nobody to stay with"),
        ("stays: true", "stays: true, after_minutes: 5", "sessions.short.activities.2", "begins at once"),
        ("after_minutes: 60", "after_minutes: 60, within_minutes: 30", "sessions.short.activities.1", "less than"),
        ("needs: [chair], attends: [recipient], stays", "attends: [recipient], stays", "sessions.short", "needs nothing"),
        ("minutes: 30, needs: [phlebotomy]", "minutes: 720, needs: [phlebotomy]", "", ""),
        ("after_minutes: 60", "after_minutes: 60, source: S99, grade: A", "sessions.short.activities.1.source", "S99"),
        ("after_minutes: 60", "after_minutes: 60, grade: C", "sessions.short.activities.1.grade", "no default"),
    ],
)  # fmt: skip
def test_what_a_session_may_not_say_is_a_named_fault(old: str, new: str, field: str, message: str) -> None:
    text = changed(old, new)
    if not field:
        assert load(text).session_of("dose").minutes == 825  # long, and still of one day
        return
    with pytest.raises(TemplateFaults) as refusal:
        load(text)
    found = [fault for fault in refusal.value.faults if fault.field.startswith(field)]
    assert found, refusal.value.faults
    assert message in found[0].message + found[0].remedy
    assert found[0].line


def test_a_session_longer_than_a_day_is_refused() -> None:
    long = changed("minutes: 30, needs: [phlebotomy]", "minutes: 720, needs: [phlebotomy]")
    with pytest.raises(TemplateFaults, match="16 hours"):
        load(long.replace("after_minutes: 60", "after_minutes: 240"))


def test_another_chain_is_told_in_words_and_changes_no_plan() -> None:
    old, new = load(WITH_CHAIN), load(changed("after_minutes: 60", "after_minutes: 90"))
    assert [line for line in differences(old, new) if "60" in line and "90" in line]
    assert scheduling_hash(old) == scheduling_hash(new)
