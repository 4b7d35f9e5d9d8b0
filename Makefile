# make demo: the main job on sample photos.  make test: the whole default test suite.  Both set themselves up in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
WORKERS ?= auto
# OpenMP threads that spin at barriers starve each other where cores are shared.
export OMP_WAIT_POLICY ?= PASSIVE

.PHONY: help demo test lint clean

help:
	@sed -n '1s/^# //p' Makefile

demo: $(VENV)/.demo
	$(BIN)/python examples/demo.py demo
	$(BIN)/python examples/paint.py demo

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n $(WORKERS) --maxprocesses 4

lint: $(VENV)/.dev
	$(BIN)/ruff check src tests examples

clean:
	rm -rf $(VENV) demo

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "pinxit needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python3 ..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "Python's venv module is missing; on Debian or Ubuntu: sudo apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.demo: $(VENV)/.python pyproject.toml
	$(PIP) install --quiet -e '.[photo,demo]'
	@touch $@

$(VENV)/.dev: $(VENV)/.python pyproject.toml
	$(PIP) install --quiet -e '.[dev]'
	@touch $@
