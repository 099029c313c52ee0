"""Where the servers' data lies: it lasts, it is ours, and no folder that was there is opened for it."""

import os
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from lit_tracker.local import place, postgres, processes, valkey
from lit_tracker.local.errors import CannotStart

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root's data lies outside var/")


@pytest.fixture
def var(tmp_path: Path) -> Iterator[Path]:
    """A var/ in a home that is closed to everybody else, as /root is; what it leads to is removed."""
    closed = tmp_path / "home"
    folder = closed / "project" / "var"
    folder.mkdir(parents=True)
    closed.chmod(0o700)
    yield folder
    pointer = folder / "postgres.path"
    if pointer.exists():
        place.remove(Path(pointer.read_text().strip()))


def modes(*paths: Path) -> dict[Path, int]:
    """The mode of every folder above `paths`, and of `paths`."""
    return {step: stat.S_IMODE(step.stat().st_mode) for path in paths for step in (path, *path.parents)}


def test_starting_postgresql_changes_the_mode_of_no_folder_that_was_there(var: Path) -> None:
    watched = [var, place.package(), *(root.parent for root in place.ROOTS), Path.home()]
    before = modes(*watched)
    server = postgres.start(place.durable_home(var), throwaway=True)
    try:
        assert modes(*watched) == before
    finally:
        server.stop()
    assert modes(*watched) == before


def test_the_data_is_there_at_the_second_start(var: Path) -> None:
    first = postgres.start(place.durable_home(var), throwaway=True)
    with psycopg.connect(first.url) as connection:
        connection.execute("create table kept (n int)")
        connection.execute("insert into kept values (42)")
    first.stop()
    second = postgres.start(place.durable_home(var), throwaway=True)
    try:
        with psycopg.connect(second.url) as connection:
            assert connection.execute("select n from kept").fetchone() == (42,)
    finally:
        second.stop()


def test_a_server_left_by_a_killed_launcher_is_ended_and_its_data_kept(var: Path) -> None:
    home = place.durable_home(var)
    left = postgres.start(home, throwaway=True)
    with psycopg.connect(left.url) as connection:
        connection.execute("create table kept (n int)")
    second = postgres.start(home, throwaway=True)
    try:
        assert left.process.wait(10) is not None
        with psycopg.connect(second.url) as connection:
            assert connection.execute("select count(*) from kept").fetchone() == (0,)
    finally:
        second.stop()


def test_a_stale_pid_file_that_names_a_stranger_harms_nobody(var: Path) -> None:
    home = place.durable_home(var)
    postgres.start(home, throwaway=True).stop()
    (home / "pgdata" / "postmaster.pid").write_text(f"{os.getpid()}\n{home}/pgdata\n")
    postgres.start(home, throwaway=True).stop()


def test_a_half_made_database_gets_one_line_with_the_remedy(var: Path) -> None:
    home = place.durable_home(var)
    (home / "pgdata").mkdir()
    with pytest.raises(CannotStart) as refusal:
        postgres.start(home)
    assert "\n" not in str(refusal.value)
    assert f"{home} is half-made" in str(refusal.value)
    assert "remove it and start again" in str(refusal.value)


def test_an_interrupted_first_start_is_begun_anew(var: Path) -> None:
    home = place.durable_home(var)
    (home / "pgdata.new").mkdir()
    (home / "pgdata.new" / "rubbish").touch()
    postgres.start(home, throwaway=True).stop()


@as_root
def test_a_copied_checkout_gets_data_of_its_own_and_a_moved_one_keeps_it(var: Path) -> None:
    home = place.durable_home(var)
    copy = var.parent / "copy"
    copy.mkdir()
    (copy / "postgres.path").write_text(f"{home}\n")
    copied = place.durable_home(copy)
    assert copied != home
    place.remove(copied)
    moved = var.rename(var.parent / "moved")
    assert place.durable_home(moved) == home
    moved.rename(var)


@as_root
def test_a_folder_that_somebody_else_can_write_is_refused(tmp_path: Path) -> None:
    root = place.temporary_home() / "shared"
    root.mkdir()
    root.chmod(0o777)
    with pytest.raises(CannotStart, match="writable by root alone"):
        place.root_folder((root,))
    place.remove(root.parent)


@as_root
def test_a_place_that_others_cannot_reach_is_passed_over(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with pytest.raises(CannotStart, match="use another user than root"):
        place.root_folder((tmp_path / "data",))


def test_valkey_wants_the_password_and_a_second_start_ends_the_first(tmp_path: Path) -> None:
    first = valkey.start(tmp_path)
    second = valkey.start(tmp_path)
    try:
        assert first.url != second.url
        assert first.process.wait(10) is not None
    finally:
        second.stop()


def test_a_pid_that_now_belongs_to_another_program_is_left_alone(tmp_path: Path) -> None:
    stranger = processes.spawn(["sleep", "30"], log=tmp_path / "log", cwd=Path("/"))
    pidfile = tmp_path / "pid"
    pidfile.write_text(str(stranger.pid))
    processes.end_leftover(pidfile, mark=str(tmp_path))
    assert stranger.poll() is None
    assert not pidfile.exists()
    processes.end(stranger, by=signal.SIGKILL)
