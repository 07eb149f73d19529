# Every target does its own set-up: python3, venv and make are enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint bench clean

demo: $(VENV)/.demo
	mkdir -p demo
	$(BIN)/python examples/draw_annotations.py demo/labels.json
	$(BIN)/iou-kmeans fit demo/labels.json --category car -k 8 --json demo/anchors.json
	$(BIN)/iou-kmeans sweep demo/labels.json --category car --k 3-10 --plot demo/curve.png

test: $(VENV)/.test
	$(BIN)/python -m pytest -n logical

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m numpydoc.hooks.validate_docstrings $$(git ls-files 'sklearn_iou_kmeans/*.py')

bench: $(VENV)/.bench
	$(BIN)/python benchmarks/peers.py
	$(BIN)/python benchmarks/sweep.py
	$(BIN)/python benchmarks/quality.py
	$(BIN)/python benchmarks/growth.py
	$(BIN)/python benchmarks/reading.py

clean:
	rm -rf $(VENV) demo

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"

$(VENV)/.demo: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable ".[cli,plot]"
	touch $@

$(VENV)/.test: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable ".[all]" --group test --group lint
	touch $@

$(VENV)/.bench: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable ".[io]" --group bench
	touch $@
