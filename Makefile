# Everything from one bare machine: python3 (3.11 to 3.14) and make.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv/bin
BOOTSTRAP := $(PYTHON) -I lit_tracker/local/bootstrap.py
# For tools that read the settings and connect to nothing.
NO_SERVERS := DEBUG=1 DATABASE_URL=postgresql://nobody@127.0.0.1:1/none REDIS_URL=redis://127.0.0.1:1/0
do ?= help

PICTURES ?= $(CURDIR)/var/pictures
BROKER_RESTARTS ?= 50

export KILLS PICTURES PORT RACE_ROUNDS MUTANTS_MINUTES MUTANTS_SEED MUTANTS_WORKERS MUTANTS_ONLY

.PHONY: run test check bench race kills pictures mutants manage clean runtime tools browser readers test-clients

run: runtime ## the clinic at work on http://127.0.0.1:$(PORT)
	@exec $(VENV)/python -m lit_tracker.local run

test: tools browser readers check ## everything CI runs
	@$(VENV)/python -m pytest -n 3

check: tools ## what can be said without running the product
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/mypy
	@$(NO_SERVERS) $(VENV)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	@$(VENV)/python -m pytest -q tests/test_architecture.py
	@set -e; for document in protocols/library/*.yaml; do $(VENV)/python -m protocols check $$document; done

bench: tools ## benchmarks, each beside its floor
	@$(VENV)/python -m benchmarks

race: tools ## 32 processes want one slot, 1,000 times; ends by itself: make race RACE_ROUNDS=100
	@$(VENV)/python -m benchmarks.racing

test-clients: tools ## calendars in Thunderbird and Evolution themselves, four minutes; installs them where it may
	@$(VENV)/python -m lit_tracker.local clients
	@$(VENV)/python -m pytest -q tests/apps/feeds/clients.py

kills: tools ## the sweep killed at every point, 600 times, PostgreSQL crashed, the broker restarted: make kills KILLS=100
	@$(VENV)/python -m tests.faults.killing
	@BROKER_RESTARTS=$(BROKER_RESTARTS) $(VENV)/python -m pytest -q tests/faults/test_broker_restarts.py

pictures: tools browser ## the desk's pages on the demo's data, at three widths: make pictures PICTURES=/tmp/pictures
	@$(VENV)/python -m pytest -q tests/browser/pictures.py

mutants: tools ## which wrong lines of protocols/ no test notices; ends by itself: make mutants MUTANTS_MINUTES=5
	@$(BOOTSTRAP) requirements-mutants.txt
	@$(VENV)/python -m lit_tracker.local mutants

manage: runtime ## one command of manage.py: make manage do="migrate"
	@exec $(VENV)/python -m lit_tracker.local manage $(do)

clean: ## throws the local data away: var/ and, as root, its folder outside
	@$(VENV)/python -m lit_tracker.local clean

runtime:
	@$(BOOTSTRAP) requirements.txt

tools:
	@$(BOOTSTRAP) requirements-dev.txt

browser:
	@$(VENV)/python -m lit_tracker.local browser

readers:
	@$(VENV)/python -m lit_tracker.local readers
