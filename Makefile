# Everything from a fresh clone: `make run` and `make test` set up what they need themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
.DEFAULT_GOAL := help
.PHONY: help setup system run test check bench clean

help: ## what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 10

run: setup ## simulated exchange and trader in paper mode, in one command
	@$(BIN)/sorte run

test: setup ## every test
	@$(BIN)/python -m pytest -n 2 --dist loadgroup

check: setup ## format, lint and types
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy

bench: setup ## the figures of docs/benchmarks.md, peers in their own environments
	@$(BIN)/python -m bench

setup: system $(VENV)/.installed

system:
	@./.ci/system

$(VENV)/.installed: pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "setup: Python 3.11 or newer is needed, $$($(PYTHON) --version) found; set PYTHON=..."; exit 1; }
	@echo "setup: virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV) || { echo "setup: the venv module is missing; install python3-venv"; exit 1; }
	@echo "setup: installing the locked dependencies (a minute or two)"
	@$(BIN)/pip install --quiet --progress-bar on -r requirements.lock
	@$(BIN)/pip install --quiet --no-deps --editable .
	@touch $@
	@echo "setup: done"

clean: ## remove what setup made
	rm -rf $(VENV) .bench *.egg-info
