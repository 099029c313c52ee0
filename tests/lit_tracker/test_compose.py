"""docker-compose.yml starts what the Procfile starts, and every container says whether it is well."""

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
OURS = ("web", "worker", "beat")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


@pytest.fixture(scope="module")
def procfile() -> dict[str, str]:
    lines = (ROOT / "Procfile").read_text().splitlines()
    return dict(line.split(": ", 1) for line in lines)


def test_the_procfile_names_the_three_processes(procfile: dict[str, str]) -> None:
    assert tuple(procfile) == OURS


@pytest.mark.parametrize("service", OURS)
def test_a_container_runs_the_procfiles_command(
    service: str, compose: dict[str, Any], procfile: dict[str, str]
) -> None:
    shell, flag, command = compose["services"][service]["command"]
    assert (shell, flag) == ("sh", "-c")
    assert command.replace("$$", "$") == procfile[service]


@pytest.mark.parametrize("service", OURS)
def test_the_command_replaces_its_shell_so_that_signals_reach_it(
    service: str, procfile: dict[str, str]
) -> None:
    assert procfile[service].startswith("exec ")


@pytest.mark.parametrize("service", [*OURS, "postgres", "redis"])
def test_every_lasting_container_has_a_health_check(service: str, compose: dict[str, Any]) -> None:
    assert compose["services"][service]["healthcheck"]["test"]


@pytest.mark.parametrize("service", OURS)
def test_ours_wait_for_healthy_servers_and_a_migrated_database(service: str, compose: dict[str, Any]) -> None:
    needs = compose["services"][service]["depends_on"]
    assert {name: need["condition"] for name, need in needs.items()} == {
        "postgres": "service_healthy",
        "redis": "service_healthy",
        "migrate": "service_completed_successfully",
    }


def test_data_lies_on_named_volumes(compose: dict[str, Any]) -> None:
    used = {
        volume.split(":")[0]
        for service in compose["services"].values()
        for volume in service.get("volumes", [])
    }
    assert used == set(compose["volumes"]) == {"postgres", "redis", "beat"}


def test_no_secret_has_a_value_in_the_file(compose: dict[str, Any]) -> None:
    environment = compose["services"]["web"]["environment"]
    assert environment["SECRET_KEY"].startswith("${SECRET_KEY:?")
    assert "${POSTGRES_PASSWORD:?" in environment["DATABASE_URL"]
    assert "DEBUG" not in environment


def test_the_image_does_not_run_as_root() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert "USER lit" in lines
