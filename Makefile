# make demo | test | check | bench | soak | schemas | clean. Options for the program behind a target go in ARGS:
#   make demo ARGS="--days 3"      make test ARGS="-k door"
# Needs make and Python 3.11 or later; all else is put into .venv and .tools, here.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo test check bench soak schemas clean everything python servers

PYTHON ?= python3
ARGS ?=

UV_VERSION := 0.13.9
UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
BIN := .venv/bin

export UV_PYTHON_DOWNLOADS := never

# Without kept bytecode each of the many processes here would compile every library anew, for seconds.
unexport PYTHONDONTWRITEBYTECODE

# Trust what the system trusts, where it says so: behind a proxy that is the only way out.
ifneq ($(wildcard /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt),)
export UV_SYSTEM_CERTS := 1
endif

help:
	@echo "make demo     the whole building on this machine, until Ctrl-C"
	@echo "make test     every test; as root on Debian it installs the servers that some of them need"
	@echo "make check    style, types, import contracts, generated files"
	@echo "make bench    the figures of the benchmarks page, measured here"
	@echo "make soak     break things on purpose for hours, and count; ARGS=\"--only NAME\" for one fault"
	@echo "make schemas  write the generated files anew"
	@echo "make clean    remove what these commands installed"

demo: python $(UV)
	@test -d .venv || echo "Setting up .venv; this happens once."
	@$(UV) sync --quiet --locked --inexact --no-dev --extra sim --python $(PYTHON)
	@exec $(BIN)/passerelle demo $(ARGS)

test: everything servers
	@exec $(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

check: everything
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/passerelle schemas --check
	$(BIN)/passerelle dashboards --check

bench: everything servers
	@exec $(BIN)/passerelle bench $(ARGS)

soak: everything servers
	@$(UV) sync --quiet --locked --inexact --all-extras --group soak --python $(PYTHON)
	@exec $(BIN)/passerelle sim soak --write docs/reliability.md $(ARGS)

schemas: everything
	$(BIN)/passerelle schemas
	$(BIN)/passerelle dashboards

clean:
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

everything: python $(UV)
	@test -d .venv || echo "Setting up .venv; this happens once."
	@$(UV) sync --quiet --locked --inexact --all-extras --python $(PYTHON)

servers:
	@scripts/install-test-servers

python:
	@command -v $(PYTHON) >/dev/null || \
	  { echo "Passerelle needs Python 3.11 or later, and $(PYTHON) is not installed here." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Passerelle needs Python 3.11 or later; \
	$(PYTHON) is %d.%d. Name another one: make PYTHON=python3.12 ..." % sys.version_info[:2])'

.tools/bin/uv: | python
	@$(PYTHON) -m pip --version >/dev/null 2>&1 || \
	  { echo "Neither uv nor pip is here. Install one: apt-get install python3-pip" >&2; exit 1; }
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target .tools uv==$(UV_VERSION)
