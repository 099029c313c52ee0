"""Laboratory tests: what is measured by which assay, and how each assay's values are read.

The bands belong to one assay. Values of different assays are never compared, and no unit is converted: no source gives a
conversion (domain facts, section 9).
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, Literal

from pydantic import ConfigDict, Field, model_validator

from protocols.relations import Grade, Number, Part

ResponseBand = Literal["none", "weak", "responded"]
_OF_ASSAY = ("unit", "minimum", "maximum", "cutoff_version", "bands")


class Band(Part):
    """Values from `from_value` up to the next band. An empty `from` is a blank that a clinician fills."""

    from_value: float | None = Field(alias="from")
    name: str
    response: ResponseBand
    source: str
    grade: Grade
    note: str = ""
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Assay(Part):
    """One way of measuring, with its unit, its legal values (they may be negative) and its bands.

    Without bands a value is recorded and read by nobody here.
    """

    unit: str
    minimum: float
    maximum: float
    cutoff_version: str = ""
    bands: tuple[Band, ...] = ()

    @model_validator(mode="after")
    def _in_order(self) -> Assay:
        if self.minimum >= self.maximum:
            raise ValueError("minimum lies at or above maximum")
        return self

    def band(self, value: float) -> Band | None:
        """The band that holds `value`, which lies inside minimum..maximum; None of an assay without bands."""
        below = [band for band in self.bands if band.from_value is not None and band.from_value <= value]
        return below[-1] if below else None


class Validity(Part):
    """How long a response counts, and from which day: no source says which, so the template does."""

    number: Number
    starts: Literal["sampled_on", "resulted_on", "last_dose"] = "sampled_on"


class LabTest(Part):
    """A laboratory test and the assays that may measure it.

    One assay may be written flat, as fields of the test with its name in `assay`. Where there are several, a result
    names its own.
    """

    title: str
    assays: dict[str, Assay] = Field(min_length=1)
    donor_specific: bool = True
    result_due: Number | None = None
    valid_for: Validity | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_assay_flat(cls, data: Any) -> Any:
        if not isinstance(data, dict) or "assay" not in data:
            return data
        flat = {name: data[name] for name in _OF_ASSAY if name in data}
        rest = {name: value for name, value in data.items() if name not in _OF_ASSAY and name != "assay"}
        if "assays" in data:
            raise ValueError("give either assay with its fields, or assays")
        return {**rest, "assays": {data["assay"]: flat}}

    @cached_property
    def only(self) -> str | None:
        """The name of the one assay; None where there are several."""
        return next(iter(self.assays)) if len(self.assays) == 1 else None

    def assay_of(self, named: str | None) -> Assay | None:
        """The assay that a result names, or the only one; None for one that this test does not read."""
        return self.assays.get(named or self.only or "")
