# `make demo` and `make test` set up everything they need: a virtual environment with locked packages, nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help setup demo up test suite check style types rooms bench lock clean

help:            ## show what there is to make
	@grep -E '^[a-z]+: .*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(READY)  ## the virtual environment with the locked packages

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Quorum needs Python 3.11 or newer; this is $$($(PYTHON) --version). Name another one: make PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
		{ echo "Python cannot make a virtual environment here. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(READY)   ## the whole product with a sample company, until Ctrl-C
	@exec $(BIN)/quorum demo

up: $(READY)     ## the product with your own data, until Ctrl-C
	@exec $(BIN)/quorum up

test: $(READY)   ## everything: style, types, rooms, tests in a real browser
	$(BIN)/python -m tests.support.browser
	@$(MAKE) --no-print-directory -j2 suite check

suite: $(READY)  ## the tests alone
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder

check: style types rooms  ## style, types and who imports whom

style: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

rooms: $(READY)
	$(BIN)/lint-imports

bench: $(READY)  ## the figures, each against its floor
	$(BIN)/python -m bench

lock: $(READY)   ## work out the exact versions anew
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/python -m uv pip compile pyproject.toml --extra embedded --extra dev --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header --upgrade --quiet -o requirements.lock

clean:           ## throw away the virtual environment and what tools keep
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
