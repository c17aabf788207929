# make run: everything on this machine. make help lists the rest.
SHELL := /bin/sh
VENV  := .venv
BIN   := $(VENV)/bin
STATE := .run
INSTALL := $(BIN)/uv pip install -q --python $(BIN)/python

APPROVE ?= auto
EXIT    ?=
PRODUCT ?=
PORT    ?= 8080
WORKERS ?= 2
export APPROVE EXIT PRODUCT PORT
# Where nothing compiled is kept, every process of Airflow compiles half of it again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test stop clean lock lint format docs env venv dev node

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo '  make run APPROVE=manual       you answer the approvals in the UI'
	@echo '  make run EXIT=1               end when the train has run, non-zero if anything failed'
	@echo '  make run PRODUCT=path.yaml    run your own product on a clone of its repository'
	@echo '  make run PORT=9000            another port than 8080'

run: $(VENV)/.installed ## start Postgres, Airflow and the demo release train; Ctrl-C stops them
	@exec $(BIN)/python -m quickstart run

stop: ## stop what `make run` started, if it is still there
	@if [ -x $(BIN)/python ] && [ -d $(STATE) ]; then $(BIN)/python -m quickstart stop; else echo 'nothing runs'; fi

clean: stop ## stop, and remove the state of `make run` (.run); .venv stays
	@if [ -x $(BIN)/python ] && [ -d $(STATE) ]; then $(BIN)/python -m quickstart clean; fi
	@rm -rf $(STATE) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

test: $(VENV)/.installed-dev node ## install the test tools, lint, and run every test
	@# What the tests import is compiled meanwhile, once: their processes would each do it at the same time.
	@$(BIN)/python -m pytest --collect-only -q >/dev/null 2>&1 & \
	    $(MAKE) --no-print-directory lint; linted=$$?; wait; exit $$linted
	@echo '== pytest: the quick ones, $(WORKERS) at a time; beside them those that start a real Airflow, which mostly wait'
	@log=$$(mktemp); \
	$(BIN)/python -m pytest -m system -q $(PYTEST) >$$log 2>&1 & system=$$!; \
	trap 'kill $$system 2>/dev/null' INT TERM; \
	$(BIN)/python -m pytest -m 'not system' -n $(WORKERS) --dist loadgroup -q $(PYTEST); quick=$$?; \
	echo '== pytest: the ones that start a real Airflow'; \
	wait $$system; code=$$?; cat $$log; rm -f $$log; \
	[ $$quick -eq 0 ] && { [ $$code -eq 0 ] || [ $$code -eq 5 ]; }

lint: $(VENV)/.installed-dev ## ruff, mypy, import-linter
	@echo '== ruff check';  $(BIN)/ruff check -q .
	@echo '== ruff format'; $(BIN)/ruff format -q --check .
	@echo '== mypy';        $(BIN)/mypy
	@echo '== lint-imports'; PYTHONPATH=plugins $(BIN)/lint-imports

format: $(VENV)/.installed-dev ## let ruff rewrite what it can
	@$(BIN)/ruff check -q --fix . ; $(BIN)/ruff format -q .

docs: $(VENV)/.installed ## write docs/metrics.md from the comments in the database
	@$(BIN)/python -m quickstart.docs

node: # official API descriptions for the contract tests, a real Unleash server for those of the feature flags
	@for what in contract unleash; do \
	    if [ ! -x tests/$$what/install ]; then :; \
	    elif command -v npm >/dev/null 2>&1; then \
	        echo "== npm ci (tests/$$what)"; \
	        tests/$$what/install || { echo "note: tests/$$what/install failed; the tests that need it are skipped"; [ "$(CI)" != true ] || exit 1; }; \
	    else \
	        echo "note: npm is missing, so tests/$$what cannot be installed; Debian: apt-get install nodejs npm"; [ "$(CI)" != true ] || exit 1; \
	    fi; \
	done

lock: $(VENV)/.installed ## pin requirements*.in into requirements*.txt
	$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --no-header --no-annotate requirements.in -o requirements.txt
	$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --no-header --no-annotate requirements-ai.in -o requirements-ai.txt
	$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --no-header --no-annotate requirements-dev.in -o requirements-dev.txt

env: ## make .env with random secrets for docker compose; never overwrites one
	@python3 -m quickstart.env

venv: $(VENV)/.installed
dev: $(VENV)/.installed-dev

$(VENV)/bin/python:
	@python=; for candidate in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
	    if command -v $$candidate >/dev/null 2>&1 && $$candidate -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))'; \
	    then python=$$candidate; break; fi; done; \
	if [ -z "$$python" ]; then \
	    echo "No Python 3.11, 3.12 or 3.13 here (python3 is: $$(python3 --version 2>&1 | head -n 1)). Install one, or name it: make run PYTHON=/path/to/python3.12" >&2; \
	    exit 1; fi; \
	command -v git >/dev/null 2>&1 || { echo 'git is missing; Debian: apt-get install git' >&2; exit 1; }; \
	echo "== $(VENV) with $$($$python --version)"; \
	$$python -m venv $(VENV) || { rm -rf $(VENV); \
	    echo "$$python cannot make a virtual environment; Debian: apt-get install python3-venv" >&2; exit 1; }

$(VENV)/.installed: requirements.txt | $(VENV)/bin/python
	@echo '== installing requirements.txt (once; some minutes)'
	@[ -x $(BIN)/uv ] || $(BIN)/python -m pip install -q --disable-pip-version-check "$$(grep '^uv==' requirements.txt)"
	@$(INSTALL) -r requirements.txt || $(INSTALL) --system-certs -r requirements.txt
	@printf '#!/bin/sh\nPYTHONPATH="%s/plugins" exec "%s/$(BIN)/python" -m release_ops "$$@"\n' "$$PWD" "$$PWD" >$(BIN)/release-ops
	@chmod +x $(BIN)/release-ops
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	@echo '== installing requirements-dev.txt'
	@$(INSTALL) -r requirements-dev.txt || $(INSTALL) --system-certs -r requirements-dev.txt
	@touch $@
