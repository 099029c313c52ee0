"""What a dose contained and how it was given: the body that a `fulfilled` record carries."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, model_validator

Route = Literal["intradermal", "subcutaneous", "intramuscular", "intravenous"]
# A quarter of a minute: hours that were rounded to two places still agree with their two moments.
_ROUNDED = 0.005
_MOMENT = TypeAdapter(AwareDatetime)


class Given(BaseModel):
    """What a dose contained and how it was given, as far as it was measured.

    `volume_ml` is what was injected, `route_ml` how it was split over `sites` places, `irradiation_gy` 0 where the cells
    were not irradiated. The moments carry their offset; `hours_to_injection` is counted from the donor's draw and
    follows from the two moments where both are known. `unit` is the code on the label, several joined by a comma.
    `reaction_mm` is the widest redness at the place of injection.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    cells_million: float | None = Field(None, ge=0)
    viability_percent: float | None = Field(None, ge=0, le=100)
    volume_ml: float | None = Field(None, ge=0)
    hours_to_injection: float | None = Field(None, ge=0)
    arm: Literal["left", "right", "both"] | None = None
    sites: int | None = Field(None, ge=1, le=100)
    route_ml: dict[Route, Annotated[float, Field(gt=0)]] | None = None
    irradiation_gy: float | None = Field(None, ge=0)
    medium_lot: str | None = None
    unit: str | None = Field(None, max_length=200)
    drawn_at: AwareDatetime | None = None
    ready_at: AwareDatetime | None = None
    released_at: AwareDatetime | None = None
    injected_at: AwareDatetime | None = None
    reaction_mm: float | None = Field(None, ge=0)
    reaction: str | None = Field(None, max_length=300)

    @model_validator(mode="before")
    @classmethod
    def _counted(cls, data: Any) -> Any:
        """Fills in the hours where both moments are known and nobody said them."""
        if not isinstance(data, dict) or data.get("hours_to_injection") is not None:
            return data
        drawn, injected = _moment(data.get("drawn_at")), _moment(data.get("injected_at"))
        if drawn is None or injected is None or injected < drawn:
            return data
        return {**data, "hours_to_injection": hours_between(drawn, injected)}

    @model_validator(mode="after")
    def _in_order(self) -> Given:
        for name in ("ready_at", "released_at", "injected_at"):
            moment: datetime | None = getattr(self, name)
            if self.drawn_at is not None and moment is not None and moment < self.drawn_at:
                raise ValueError(f"{name} lies before drawn_at; check both times")
        for name in ("ready_at", "released_at"):
            before: datetime | None = getattr(self, name)
            if self.injected_at is not None and before is not None and before > self.injected_at:
                raise ValueError(f"{name} lies after injected_at; check both times")
        if self.drawn_at and self.injected_at and self.hours_to_injection is not None:
            told = hours_between(self.drawn_at, self.injected_at)
            if abs(told - self.hours_to_injection) > _ROUNDED + 1e-9:
                raise ValueError(
                    f"hours_to_injection is {self.hours_to_injection:g}, and the two moments lie {told:g} hours apart"
                )
        return self


def hours_between(first: datetime, last: datetime) -> float:
    """Hours from one moment to the other, to two places."""
    return round((last - first).total_seconds() / 3600, 2)


def _moment(value: Any) -> datetime | None:
    """A moment with its offset; None for what is none, which the field itself refuses."""
    if value is None:
        return None
    try:
        return _MOMENT.validate_python(value)
    except ValueError:
        return None
