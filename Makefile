# Everything that is ever run here. `make help` lists it. Needs python3 (3.11 to 3.13) with its venv module.

PYTHON  ?= python3
TORCH   := torch==2.13.0
BIN     := .venv/bin
INSTALL := $(BIN)/pip install -qq -c constraints.txt
PINS    := .venv-pins/bin/pip
ASKED   := pyproject.toml constraints.txt

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_WARN_SCRIPT_LOCATION := 1

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help demo test test-all check mutants bench docs leaderboards constraints clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 22

demo: .venv/.demo-stamp ## explain real pictures and digits; the page goes to runs/demo
	$(BIN)/vitrail demo --out runs/demo

# Two processes on two cores: each keeps its matrix products to one thread.
test test-all mutants: export OMP_NUM_THREADS := 1

test: .venv/.test-stamp data ## the tests, without the slow ones
	$(BIN)/pytest -n 2 -q

test-all: .venv/.test-stamp data ## all tests
	$(BIN)/pytest -n 2 -q -m ''

check: .venv/.check-stamp ## format, lint, types, layout, style
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/pytest -q tests/test_layout.py tests/test_style.py

mutants: .venv/.test-stamp data ## break the code on purpose; every mistake must make a test fail
	$(BIN)/python tests/mutants.py

bench: .venv/.bench-stamp ## speed and fidelity, as ratios to other libraries
	$(BIN)/python benchmarks/run.py

docs: .venv/.test-stamp ## cut docs/methods.md, settings.md, errors.md from the code
	$(BIN)/python docs/make.py

leaderboards: .venv/.test-stamp ## measure docs/leaderboards.md again
	$(BIN)/python docs/leaderboards.py

clean: ## forget what was installed, fetched and made
	rm -rf .venv .venv-pins .data runs build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache

# -- what the targets stand on ---------------------------------------------------------------------------

.PHONY: data
data: .venv/.test-stamp
	@$(BIN)/python tests/data/fetch.py

$(BIN)/pip:
	$(PYTHON) -m venv .venv

.venv/.demo-stamp: $(ASKED) | $(BIN)/pip
	$(INSTALL) -e '.[demo]'
	@touch $@

.venv/.test-stamp: $(ASKED) | $(BIN)/pip
	$(INSTALL) -e '.[test]'
	@touch $@

.venv/.check-stamp: .venv/.test-stamp
	$(INSTALL) -e '.[check]'
	@touch $@

# grad-cam without its dependencies: it asks for torchvision. quantus too: it asks for another build of OpenCV.
.venv/.bench-stamp: .venv/.test-stamp
	$(INSTALL) -e '.[bench]'
	$(INSTALL) --no-deps grad-cam quantus
	@touch $@

# The header of constraints.txt is kept up to its first empty line; the pins are made anew.
LIST := $(PINS) freeze --all --exclude-editable | grep -v '^pip==' | sed 's/+cpu$$//' | LC_ALL=C sort -f

constraints: ## pin anew what demo, test, check and bench install
	$(PYTHON) -m venv --clear .venv-pins
	$(PINS) install -qq '$(TORCH)' -e '.[test,check]'
	$(LIST) > .venv-pins/tests
	$(PINS) install -qq '$(TORCH)' -e '.[test,check,bench]'
	$(PINS) install -qq --no-deps grad-cam quantus
	$(LIST) > .venv-pins/all
	sed '/^$$/q' constraints.txt > .venv-pins/new
	cat .venv-pins/tests >> .venv-pins/new
	printf '\n# Only for the benchmarks.\n' >> .venv-pins/new
	grep -vxFf .venv-pins/tests .venv-pins/all >> .venv-pins/new
	mv .venv-pins/new constraints.txt
	rm -r .venv-pins
