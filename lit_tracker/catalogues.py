"""Compiles the catalogues of translations without GNU gettext: ``python -m lit_tracker.catalogues``.

The compiled files stand in the repository beside their sources, so that a machine that runs the product compiles
nothing; a test says when they are older than their sources.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALE = Path(__file__).resolve().parent.parent / "locale"


def sources() -> Iterator[Path]:
    """Every catalogue, by language."""
    yield from sorted(LOCALE.glob("*/LC_MESSAGES/django.po"))


def read(source: Path) -> Catalog:
    """The catalogue; raises what babel raises for one that cannot be read."""
    with source.open("rb") as stream:
        return read_po(stream, locale=source.parts[-3], abort_invalid=True)


def compiled(source: Path) -> bytes:
    """What gettext reads at run time. Entries without a translation are left out: they read English."""
    out = BytesIO()
    write_mo(out, read(source))
    return out.getvalue()


def main() -> None:
    for source in sources():
        source.with_suffix(".mo").write_bytes(compiled(source))
        print(f"{source.with_suffix('.mo')} written")  # noqa: T201  a command


if __name__ == "__main__":
    main()
