"""The first step of every make: an environment that is whole, or one line that says what to do."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lit_tracker.local import bootstrap


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The module at work in an empty folder, with installs that are only noted down."""
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(bootstrap, "PYTHON", tmp_path / ".venv/bin/python")
    (tmp_path / "requirements.txt").write_text("")
    return tmp_path


@pytest.fixture
def made(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment that works: the one of this run stands in for it."""
    (elsewhere / ".venv").mkdir()
    monkeypatch.setattr(bootstrap, "PYTHON", Path(sys.executable))
    return elsewhere


def test_an_environment_whose_making_was_interrupted_is_made_again_and_then_used(
    elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (elsewhere / ".venv.making").touch()
    (elsewhere / ".venv/bin").mkdir(parents=True)
    bootstrap.main("requirements.txt")
    assert "interrupted" in capsys.readouterr().out
    assert (elsewhere / ".venv/bin/python").exists()
    bootstrap.main("requirements.txt")
    assert capsys.readouterr().out == ""


def test_a_changed_list_is_installed_once(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bootstrap.main("requirements.txt")
    (made / "requirements.txt").write_text("# another list\n")
    capsys.readouterr()
    bootstrap.main("requirements.txt")
    assert "Installing the packages of requirements.txt" in capsys.readouterr().out
    bootstrap.main("requirements.txt")
    assert capsys.readouterr().out == ""


def test_a_broken_environment_gets_one_line_with_the_remedy(elsewhere: Path) -> None:
    (elsewhere / ".venv/bin").mkdir(parents=True)
    with pytest.raises(bootstrap.CannotInstall) as refusal:
        bootstrap.main("requirements.txt")
    assert str(refusal.value).endswith(f"rm -rf {elsewhere}/.venv and start again")


def test_a_package_that_cannot_be_had_gets_one_line(made: Path) -> None:
    (made / "requirements.txt").write_text(f"{made}/no-such-package\n")
    with pytest.raises(bootstrap.CannotInstall, match="pip could not install"):
        bootstrap.main("requirements.txt")


@pytest.mark.parametrize("version", [(3, 10, 9), (3, 15, 0)])
def test_another_python_is_refused_by_name(version: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    class OtherSystem:
        version_info: Any = version

    monkeypatch.setattr(bootstrap, "sys", OtherSystem)
    with pytest.raises(bootstrap.CannotInstall, match=r"3\.11 to 3\.14 is needed"):
        bootstrap.main("requirements.txt")


def test_it_needs_nothing_but_the_standard_library() -> None:
    script = Path(bootstrap.__file__)
    code = f"import runpy; runpy.run_path({str(script)!r})"
    result = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
