"""The picture of a protocol: well formed, complete, and no text over another, whatever the protocol."""

from itertools import combinations
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings

from protocols import Template, library_names, library_text, load, load_library
from protocols.drawing import draw
from protocols.drawing.gates import scale_of
from protocols.drawing.measure import width_of, wrap
from protocols.drawing.spans import amount_words
from protocols.drawing.words import hangs_on, inside
from protocols.relations import Relation
from tests.builders import LIT, after, before, document, number, step, template
from tests.strategies import small_protocols

SVG = "{http://www.w3.org/2000/svg}"
Box = tuple[float, float, float, float]


def parsed(picture: str) -> ElementTree.Element:
    return ElementTree.fromstring(picture)


def texts(picture: str) -> list[str]:
    return [text.text or "" for text in parsed(picture).iter(f"{SVG}text")]


def boxes(picture: str) -> list[tuple[str, Box]]:
    """Each line of text with its left, top, right and lower edge; turned text by its turned box."""
    found = []
    for text in parsed(picture).iter(f"{SVG}text"):
        said, size = text.text or "", float(text.attrib["font-size"])
        wide = width_of(said, size, bold=text.get("font-weight") == "bold")
        x, y = float(text.attrib["x"]), float(text.attrib["y"])
        if text.get("transform"):
            found.append((said, (x - 0.75 * size, y - wide / 2, x + 0.2 * size, y + wide / 2)))
            continue
        left = x - {"start": 0.0, "middle": wide / 2, "end": wide}[text.get("text-anchor", "start")]
        found.append((said, (left, y - 0.75 * size, left + wide, y + 0.2 * size)))
    return found


def overlapping(picture: str) -> list[tuple[str, str]]:
    return [
        (one, other)
        for (one, (left, top, right, low)), (other, (left2, top2, right2, low2)) in combinations(
            boxes(picture), 2
        )
        if left < right2 - 0.5 and left2 < right - 0.5 and top < low2 - 0.5 and top2 < low - 0.5
    ]


def outside(picture: str) -> list[str]:
    wide, high = (float(part) for part in parsed(picture).attrib["viewBox"].split()[2:])
    return [
        said for said, (x, y, right, low) in boxes(picture) if x < 0 or y < 0 or right > wide or low > high
    ]


def escaping_cards(picture: str) -> list[str]:
    """Texts of a card that reach past its frame."""
    wrong = []
    for card in parsed(picture).iter(f"{SVG}g"):
        if card.get("class") not in ("step", "gate"):
            continue
        frame = next(card.iter(f"{SVG}rect")).attrib
        x, y, wide, high = (float(frame[name]) for name in ("x", "y", "width", "height"))
        inner = boxes(ElementTree.tostring(card, encoding="unicode"))
        wrong += [
            said for said, (left, top, right, low) in inner
            if left < x or right > x + wide or top < y or low > y + high
        ]  # fmt: skip
    return wrong


def assert_sound(protocol: Template) -> None:
    picture = draw(protocol)
    cards = [card for card in parsed(picture).iter(f"{SVG}g") if card.get("class") == "step"]
    assert sorted(card.attrib["data-step"] for card in cards) == sorted(step.name for step in protocol.steps)
    shown = " ".join(texts(picture))
    for one in protocol.steps:
        assert " ".join(one.title.split()) in shown
    assert overlapping(picture) == []
    assert outside(picture) == []
    assert escaping_cards(picture) == []


@pytest.mark.parametrize("name", library_names())
def test_every_protocol_that_ships_has_a_sound_picture(name: str) -> None:
    assert_sound(load(library_text(name)))


@settings(max_examples=40, deadline=None)
@given(small_protocols())
def test_any_protocol_has_a_sound_picture(protocol: Template) -> None:
    assert_sound(protocol)


def test_equal_protocols_have_equal_pictures() -> None:
    assert draw(load_library("lit-standard")) == draw(LIT)


def test_the_picture_is_self_contained_and_can_be_read_aloud() -> None:
    picture = draw(LIT)
    root = parsed(picture)
    assert root.get("role") == "img"
    title, told = root[0], root[1]
    assert (title.tag, title.text) == (f"{SVG}title", f"{LIT.title}, version {LIT.version}")
    assert told.tag == f"{SVG}desc"
    for part in ("4 weeks (3 to 6, never before 2) after the previous dose", "Gate after the antibody test"):
        assert part in (told.text or "")
    assert not [
        element.tag for element in root.iter() if element.tag in (f"{SVG}script", f"{SVG}image", f"{SVG}use")
    ]
    assert "http" not in picture.replace("http://www.w3.org/2000/svg", "")


def test_what_the_standard_course_asks_stands_in_its_picture() -> None:
    shown = texts(draw(LIT))
    for said in (
        "Before conception", "Pregnancy", "Course start", "Conception attempt", "Loss: everything ahead stops",
        "4 weeks (3 to 6, never before 2)", "2 weeks (6 to 0)", "8 weeks (at latest 8w6d)", "6 months (not earlier)",
        "3 doses, then the antibody test; at most 6 in all [S03 A]", "weak positive", "51", "more by decision",
        "[S09 A, S43 B, S02 A]", "Booster before conception, booster in early pregnancy and re-dose wait.",
    ):  # fmt: skip
        assert said in shown
    joined = " ".join(shown)
    assert "“No anti-paternal antibody response, review continuation”: doctor within 1 week" in joined
    assert "a response or “continue” decided at the gate" in joined


def relation(**fields: Any) -> Relation:
    return Relation.model_validate(after({"previous": True}, **fields) if "before" not in fields else fields)


@pytest.mark.parametrize(
    ("offsets", "said"),
    [
        ({"absolute_minimum": "P2W", "earliest": "P3W", "target": "P4W", "latest": "P6W"},
         "4 weeks (3 to 6, never before 2)"),
        ({"earliest": "P3W", "target": "P4W", "latest": "P6W", "maximum": "P8W"}, "4 weeks (3 to 6, never after 8)"),
        ({"earliest": "P24D", "target": "P1M", "latest": "P6W"}, "1 month (24 days to 6 weeks)"),
        ({"earliest": "P6M-P4D", "target": "P6M"}, "6 months (from 6 months less 4 days)"),
        ({"target": "P1W"}, "1 week"),
        ({"target": "P1W", "latest": "P3W"}, "1 week (at latest 3)"),
        ({"earliest": "P1W", "target": "P1W", "latest": "P3W"}, "1 week (at latest 3)"),
        ({"earliest": "P6M", "target": "P6M"}, "6 months (not earlier)"),
        ({"earliest": "P0D", "target": "P0D", "latest": "P2W"}, "same day (at latest 2 weeks)"),
        ({"earliest": "P0D"}, "not before"),
        ({"latest": "P0D"}, "not after"),
        ({"earliest": "P2W"}, "at least 2 weeks"),
        ({"absolute_minimum": "P2W"}, "at least 2 weeks"),
        ({"absolute_minimum": "P2W", "earliest": "P3W"}, "at least 3 weeks (never before 2)"),
        ({"latest": "P6W"}, "at most 6 weeks"),
        ({"earliest": "P2W", "maximum": "P6W"}, "2 to 6 weeks"),
    ],
)  # fmt: skip
def test_a_window_in_words(offsets: dict[str, str], said: str) -> None:
    assert amount_words(relation(**offsets)) == said


@pytest.mark.parametrize(
    ("offsets", "said"),
    [
        ({"earliest": "P6W", "target": "P2W", "maximum": "P0D"}, "2 weeks (6 to 0)"),
        ({"earliest": "P6W"}, "at most 6 weeks"),
        ({"latest": "P2W"}, "at least 2 weeks"),
        ({"earliest": "P6W", "latest": "P2W"}, "6 to 2 weeks"),
    ],
)
def test_a_window_counted_back_in_words(offsets: dict[str, str], said: str) -> None:
    assert amount_words(Relation.model_validate(before("operation", **offsets))) == said


@pytest.mark.parametrize(
    ("anchor", "said"),
    [
        ({"milestone": "cycle-start", "occurrence": 2}, "after the cycle-start no. 2"),
        ({"cycle_day": 5}, "after cycle day 5"),
        ({"gestation": True}, "of gestation"),
        ({"result": "hcg", "rise": 3}, "after the 3rd rising value of the hCG"),
        ({"result": "hcg"}, "after the result of the hCG"),
        ({"step": "dose", "occurrence": 2}, "after dose 2"),
        ({"step": "dose", "occurrence": "round"}, "after the last dose of the round"),
        ({"step": ["dose", "visit"]}, "after the latest dose or visit"),
        ({"decision": "asked"}, "after the decision"),
        ({"previous": True}, "after the previous visit"),
    ],
)
def test_what_a_window_hangs_on_in_words(anchor: dict[str, Any], said: str) -> None:
    hcg = {"title": "hCG", "assay": "serum", "unit": "IU/l", "minimum": 0, "maximum": 1}
    protocol = template(
        step("dose", after("course-start", target="P1W"), next=[after({"previous": True}, target="P1W")], count=2),
        step("visit", after(anchor, earliest="P1W", target="P2W")),
        tests={"hcg": hcg},
    )  # fmt: skip
    assert hangs_on(protocol, protocol.steps[1], protocol.steps[1].relations[0]) == said


def band(start: float | None, name: str, response: str) -> dict[str, Any]:
    return {"from": start, "name": name, "response": response, "source": "S1", "grade": "B"}


SOURCES = {"S1": {"title": "A table", "grade": "B"}}
ROUND = {"kind": "test", "measures": "round", "of": "dose"}
ASSAYS = {
    "cytotoxicity": {
        "title": "Cytotoxic antibody",
        "assays": {
            "cdc": {"unit": "percent", "minimum": 0, "maximum": 100,
                    "bands": [band(0, "negative", "none"), band(95, "very clearly positive", "responded")]},
            "flow": {"unit": "shift", "minimum": -50, "maximum": 256, "cutoff_version": "2026-01",
                     "bands": [band(-50, "negative", "none"), band(None, "positive", "responded")]},
        },
    },
    "culture": {"title": "Mixed culture", "assay": "mlc", "unit": "percent", "minimum": -100, "maximum": 100,
                "bands": [band(-100, "low", "none"), band(50, "inhibiting", "responded")]},
    "hcg": {"title": "hCG", "assay": "serum", "unit": "IU/l", "minimum": 0, "maximum": 1000},
}  # fmt: skip


def two_tests(**more: Any) -> Template:
    """Rounds with donors, another gap for dose 3, two tests after each round, and a dose before a transfer."""
    sizes = [2, 3, {"doses": 3, "donor": "partner+unrelated"}]
    rounds = {"sizes": sizes, "cap": 8, "cap_source": "S1", "cap_grade": "B"}
    after_round = after({"step": "dose", "occurrence": "round"}, earliest="P2W", target="P4W", latest="P6W")
    return template(
        step("dose", after({"cycle_day": 5}, earliest="P0D", target="P0D", latest="P2D"), rounds=rounds,
             next=[after({"previous": True}, absolute_minimum="P2W", earliest="P3W", target="P4W", maximum="P8W")],
             gaps={3: [after({"previous": True}, earliest="P6W", target="P2M", latest="P3M")]}),
        step("crossmatch", after_round, test="cytotoxicity", **ROUND),
        step("culture", after_round, test="culture", **ROUND),
        step("before-transfer", before("transfer", earliest="P3W", target="P2W", latest="P1W", maximum="P5D"),
             when={"all": [{"responded": "cytotoxicity"}, {"responded": "culture"}]}, optional=True,
             attends=["recipient", "donor"], requires=[{"consent": "everyone"}]),
        tests=ASSAYS, sources=SOURCES, **more,
    )  # fmt: skip


def in_pregnancy() -> Template:
    """No test, no course before: doses in pregnancy, one of them every 15 days until week 12."""
    until = after({"gestation": True}, latest="P12W")
    repeat = {"until": until, "cap": 6, "cap_source": "S1", "cap_grade": "B"}
    return template(
        step("hcg", after("transfer", target="P12D"), kind="test", test="hcg", phase="pregnancy"),
        step("dose", after({"result": "hcg", "rise": 3}, earliest="P0D", target="P0D", latest="P4D"),
             next=[after({"previous": True}, earliest="P12D", target="P15D", latest="P18D")], repeat=repeat,
             phase="pregnancy"),
        step("call", after({"step": "dose"}, earliest="P1D", target="P1D"), kind="contact"),
        tests=ASSAYS, sources=SOURCES,
    )  # fmt: skip


def blank() -> Template:
    gap = {
        "after": {"previous": True},
        "target": number(None),
        "earliest": number("P3W"),
        "latest": number("P6W"),
    }
    rounds = {"sizes": [None], "cap": None, "cap_source": "S1", "cap_grade": "B"}
    steps = [step("dose", after("course-start", target="P1W", earliest="P0D"), next=[gap], rounds=rounds)]
    return Template.model_validate(document(*steps, sources=SOURCES))


@pytest.mark.parametrize(
    "protocol", [two_tests(), in_pregnancy(), blank()], ids=["tests", "pregnancy", "blank"]
)
def test_rare_shapes_have_a_sound_picture(protocol: Template) -> None:
    assert_sound(protocol)


def test_rounds_gates_and_loops_of_two_tests_are_told() -> None:
    shown = texts(draw(two_tests()))
    assert "Gate after the crossmatch, together with the culture" in shown
    assert [said for said in shown if said in ("next round", "more by decision")] == ["next round"]
    joined = " ".join(shown)
    assert (
        "without response 3 doses from partner and unrelated, then the crossmatch and the culture; at most 8"
        in joined
    )
    assert "Dose 3" in shown
    assert "Also very clearly positive from 95" in shown


def frames(picture: str) -> list[Box]:
    """The boxes that have a border: evidence, cards, zones; left, top, right and lower edge."""
    found = []
    for frame in parsed(picture).iter(f"{SVG}rect"):
        if frame.get("stroke") and frame.get("stroke-dasharray") is None:
            x, y, wide, high = (float(frame.attrib[name]) for name in ("x", "y", "width", "height"))
            found.append((x, y, x + wide, y + high))
    return found


@pytest.mark.parametrize("name", library_names())
def test_no_border_runs_through_a_text(name: str) -> None:
    picture = draw(load(library_text(name)))
    crossed = [
        said
        for said, (left, top, right, low) in boxes(picture)
        for x, y, right2, low2 in frames(picture)
        if left < right2 and x < right and any(top < edge < low for edge in (y, low2))
    ]
    assert crossed == []


def test_a_scale_too_fine_to_be_seen_is_drawn_in_equal_parts() -> None:
    titre = {"title": "Titre", "assay": "apca", "unit": "1 in", "minimum": 0, "maximum": 65536,
             "bands": [band(0, "below", "none"), band(16, "reached", "responded")]}  # fmt: skip
    found = template(step("dose", after("course-start", earliest="P0D")), tests={"titre": titre}).tests[
        "titre"
    ]
    scale = scale_of("apca", found.assays["apca"])
    assert [(zone.start, zone.end, zone.limit) for zone in scale.zones] == [(0, 0.5, "0"), (0.5, 1, "16")]
    assert not scale.drawn_to_scale


def test_a_blank_minimum_is_no_limit_in_the_scale() -> None:
    gap = after({"previous": True}, earliest="P3W", target="P4W", latest="P6W")
    known = template(step("dose", after("course-start", earliest="P0D"), next=[gap], count=2))
    gap = {**gap, "absolute_minimum": number(None)}
    unknown = template(step("dose", after("course-start", earliest="P0D"), next=[gap], count=2))
    bars = [
        sum(1 for line in parsed(draw(protocol)).iter(f"{SVG}line") if line.get("stroke-width") == "2.5")
        for protocol in (known, unknown)
    ]
    assert bars[0] == bars[1] + 1
    assert "4 weeks (3 to 6, never before ____)" in " ".join(texts(draw(unknown)))


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("Anti-paternal antibody", "anti-paternal antibody"),
        ("Th1/Th2 ratio", "Th1/Th2 ratio"),
        ("LAD", "LAD"),
        ("X", "X"),
    ],
)
def test_titles_inside_a_sentence_keep_what_is_no_plain_word(title: str, said: str) -> None:
    assert inside(title) == said


def test_equal_rounds_are_told_once() -> None:
    rounds = {"sizes": [2, 1, 1, 1], "cap": 5, "cap_source": "S1", "cap_grade": "B"}
    gap = after({"previous": True}, earliest="P3W", target="P4W")
    after_round = after({"step": "dose", "occurrence": "round"}, earliest="P2W", target="P4W")
    protocol = template(
        step("dose", after("course-start", earliest="P0D"), rounds=rounds, next=[gap]),
        step("culture", after_round, test="culture", **ROUND), tests=ASSAYS, sources=SOURCES,
    )  # fmt: skip
    said = "2 doses, then the culture; without response 1 dose, then the culture (up to 3 rounds); at most 5 in all [S1 B]"
    assert said in " ".join(texts(draw(protocol)))


def test_a_repeated_visit_tells_until_when() -> None:
    shown = texts(draw(in_pregnancy()))
    assert "Again until 12 weeks of gestation; at most 6 [S1 B]" in shown
    assert "Before conception" not in shown
    assert "again" in shown


def test_blanks_are_drawn_as_blanks() -> None:
    picture = draw(blank())
    assert "____ weeks (3 to 6)" in texts(picture)
    assert "____ doses; at most ____ in all [S1 B]" in texts(picture)
    assert [
        box.get("stroke-dasharray")
        for box in parsed(picture).iter(f"{SVG}rect")
        if box.get("class") == "blank"
    ]


@pytest.mark.parametrize(
    "title", ["<script>alert(1)</script> & \"co\"", "bell \x07 and lone \ud800 half", "免疫 " * 60, "W" * 300, "Ünïcödé é"]
)  # fmt: skip
def test_any_text_is_written_as_text_and_inside_the_picture(title: str) -> None:
    picture = draw(two_tests(title=title, evidence=title))
    assert "<script" not in picture
    assert overlapping(picture) == []
    assert outside(picture) == []


def test_wrapping_keeps_every_word_and_the_width() -> None:
    lines = wrap("4 weeks (3 to 6, never before 2) " + "x" * 40, 15, 120)
    assert "".join(lines).replace(" ", "") == "4weeks(3to6,neverbefore2)" + "x" * 40
    assert all(width_of(line, 15) <= 120 for line in lines)
