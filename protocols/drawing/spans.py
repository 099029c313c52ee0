"""A window in a line of words: ``4 weeks (3 to 6, never before 2)``."""

from __future__ import annotations

from protocols.durations import Duration
from protocols.relations import OFFSETS, Number, Relation

BLANK = "____"
BARE = ("not before", "not after")


def amount_words(relation: Relation) -> str:
    """The five dates in a line: ``4 weeks (3 to 6, never before 2)``."""
    given = {name: number for name in OFFSETS if (number := getattr(relation, name)) is not None}
    said = _said_alike(given, gestation=relation.anchor.gestation)
    target = said.pop("target", None)
    low, high = said.get("earliest"), said.get("latest", said.get("maximum"))
    bounds = [*_between(low, high, target), *_nevers(said)]
    if target is None:
        return _without_target(relation, given, said)
    unit = _unit(list(given.values()))
    main = (
        target if unit is None and target not in ("0", BLANK) else _with_unit(given["target"], target, unit)
    )
    return f"{main} ({', '.join(bounds)})" if bounds else main


def _said_alike(given: dict[str, Number], *, gestation: bool) -> dict[str, str]:
    """Each offset as short as can be: bare numbers where all share a unit, words where they do not."""
    target = given.get("target")
    same_day = target is not None and target.at is not None and not (target.at.months or target.at.days)
    # "Same day" names no unit that bare numbers could share.
    unit = None if same_day else _unit(list(given.values()))
    said = {name: _short(number.at, unit) for name, number in given.items()}
    if gestation and unit is None:
        said |= {name: gestation_words(number.at) for name, number in given.items() if number.at is not None}
    return said


def gestation_words(duration: Duration) -> str:
    """A gestational age as it is said: ``8 weeks``, ``8w6d``."""
    weeks, days = divmod(duration.days, 7)
    return duration.in_words() if duration.months or not days else f"{weeks}w{days}d"


def _unit(numbers: list[Number]) -> str | None:
    return shared_unit([number.at for number in numbers if number.at is not None])


def shared_unit(durations: list[Duration]) -> str | None:
    """The one unit in which all are said, 0 aside; None where they mix, or one mixes in itself."""
    units = {
        duration.in_words().split()[1].rstrip("s")
        for duration in durations
        if duration.months or duration.days
    }
    return units.pop() if len(units) == 1 and all(map(_is_plain, durations)) else None


def _is_plain(duration: Duration) -> bool:
    return len(duration.in_words().split()) == 2


def _short(duration: Duration | None, unit: str | None) -> str:
    if duration is None:
        return BLANK
    if not duration.months and not duration.days:
        return "0"
    return duration.in_words().split()[0] if unit else duration.in_words()


def _with_unit(number: Number, said: str, unit: str | None) -> str:
    if said == "0":
        return "same day"
    if said == BLANK and unit:
        return f"{BLANK} {unit}s"
    return number.at.in_words() if number.at is not None else BLANK


def _between(low: str | None, high: str | None, target: str | None) -> list[str]:
    if low is not None and low == target and low != BLANK:
        return [f"at latest {high}"] if high is not None else ["not earlier"]
    if low is not None and high is not None:
        return [f"{low} to {high}"]
    return [f"from {low}"] if low is not None else [f"at latest {high}"] if high is not None else []


def _nevers(said: dict[str, str]) -> list[str]:
    minimum, maximum = said.get("absolute_minimum"), said.get("maximum")
    never = [f"never before {minimum}"] if minimum is not None and minimum != said.get("earliest") else []
    if maximum is not None and said.get("latest", maximum) != maximum:
        never.append(f"never after {maximum}")
    return never


def _without_target(relation: Relation, given: dict[str, Number], said: dict[str, str]) -> str:
    """A window that names no best day: a span, or one bound; counted back, the first day lies at most so far before."""
    unit = _unit(list(given.values()))
    low = given.get("earliest", given.get("absolute_minimum"))
    high = given.get("latest", given.get("maximum"))
    nevers = _nevers({"earliest": said.get("absolute_minimum", ""), **said})
    aside = f" ({', '.join(nevers)})" if nevers else ""
    if low is not None and high is not None:
        return f"{_short(low.at, unit)} to {_with_unit(high, _short(high.at, unit), unit)}{aside}"
    bound = low or high
    assert bound is not None
    amount = _with_unit(bound, _short(bound.at, unit), unit)
    if amount == "same day" and not aside:
        return BARE[0] if low is not None else BARE[1]
    least = (low is not None) == (relation.after is not None)
    return f"{'at least' if least else 'at most'} {amount}{aside}"


def last_words(relation: Relation) -> str:
    """The last day that a relation names, in words."""
    given = [number for name in reversed(OFFSETS) if (number := getattr(relation, name)) is not None]
    return given[0].at.in_words() if given[0].at is not None else BLANK
