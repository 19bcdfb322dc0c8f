# Everything from a fresh clone: `make run` and `make test` set up what they need themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
.DEFAULT_GOAL := help
.PHONY: help setup system run test test-long check bench bench-gates bench-language bench-model screenshots clean

help: ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 12

run: setup ## simulated exchange, trader in paper mode and a prompt for changes, in one command
	@$(BIN)/sorte init workspace && $(BIN)/sorte run

test: setup ## every test
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder

test-long: setup ## what takes an hour: more kills, a million events, a thousand faults (these go on where they were)
	@SORTE_TESTS_ALL=1 $(BIN)/python -m pytest -q -s -m "long or many" tests

check: setup ## format, lint, layers and types
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/lint-imports --no-cache && $(BIN)/mypy

bench: setup ## the figures of docs/benchmarks.md, peers in their own environments
	@$(BIN)/python -m bench

bench-gates: setup ## the figures of docs/guardian.md: hostile programs, wrong edits and good ones before the judge; goes on where it was cut off
	@$(BIN)/python -m bench.gates
	@$(BIN)/python -m bench.gates.working

bench-language: setup ## the figures of docs/language.md: what the interpreter makes of sentences that it was not made from
	@$(BIN)/python -m bench.language

bench-model: setup ## a real model, MODEL=file.gguf, on what the grammar leaves open and on requests for code
	@$(BIN)/python -m bench.language_model $(MODEL) && $(BIN)/python -m bench.model_code $(MODEL)

screenshots: setup ## the pictures of docs/page.md, taken of the real page
	@$(BIN)/python -m tests.gateway.web.screenshots docs/pictures

bench-gateway: setup ## the figures of docs/gateway.md: what page and chat cost, and how quick they are
	@$(BIN)/python -m bench.gateway

setup: system $(VENV)/.installed

system:
	@./.ci/system

$(VENV)/.installed: pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "setup: Python 3.11 or newer is needed, $$($(PYTHON) --version) found; set PYTHON=..."; exit 1; }
	@echo "setup: virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV) || { echo "setup: the venv module is missing; install python3-venv"; exit 1; }
	@echo "setup: installing the locked dependencies (a minute or two)"
	@$(BIN)/pip install --disable-pip-version-check --progress-bar off -r requirements.lock 2>.setup.log \
	  | awk '/^(Collecting|Building|Installing)/ { n++; printf "setup: %d  %s %s\n", n, $$1, $$2; fflush() }' ; \
	  $(BIN)/python -c 'import numba, picows, uvloop' 2>/dev/null \
	  || { tail -n 5 .setup.log; echo "setup: a dependency could not be installed; .setup.log says which"; exit 1; }
	@$(BIN)/pip install --disable-pip-version-check --quiet --no-deps --editable . 2>>.setup.log \
	  || { tail -n 5 .setup.log; exit 1; }
	@touch $@
	@echo "setup: done"

clean: ## remove what setup made
	rm -rf $(VENV) .bench *.egg-info
