# Every target does its own set-up: python3, venv and make are enough; with a C compiler the kernels
# are compiled.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# An installation is renewed when one of these changes.
SOURCES := pyproject.toml sklearn_iou_kmeans/_kernels/_compiled.pyx
# The tests of everything that the kernels have a part in.
CORE := tests/test_kernels.py $(wildcard tests/test_cluster_*.py) tests/test_histogram.py tests/test_metrics.py tests/test_weights.py tests/test_oracle.py tests/test_figures.py

.PHONY: demo test test-numpy test-long test-sanitized lint bench clean

demo: $(VENV)/.demo
	mkdir -p demo
	$(BIN)/python examples/draw_annotations.py demo/labels.json
	$(BIN)/iou-kmeans fit demo/labels.json --category car -k 8 --json demo/anchors.json
	$(BIN)/iou-kmeans sweep demo/labels.json --category car --k 3-10 --plot demo/curve.png

test: $(VENV)/.test
	$(BIN)/python -m pytest -n logical

# The core's tests with the kernels in NumPy.
test-numpy: $(VENV)/.test
	SKLEARN_IOU_KMEANS_KERNELS=numpy $(BIN)/python -m pytest -n logical $(CORE)

# Thousands of examples of each property of the core, with both kernels.
test-long: $(VENV)/.test
	for kernels in compiled numpy; do \
	  SKLEARN_IOU_KMEANS_KERNELS=$$kernels $(BIN)/python -m pytest -n logical --hypothesis-profile=long $(CORE) || exit 1; \
	done

# The core's tests on kernels with AddressSanitizer, UndefinedBehaviorSanitizer and bounds checks.
test-sanitized: $(VENV)/.test
	.ci/test-sanitized $(CORE) tests/test_bound.py

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m numpydoc.hooks.validate_docstrings $$(git ls-files 'sklearn_iou_kmeans/*.py')

bench: $(VENV)/.bench
	$(BIN)/python benchmarks/peers.py
	$(BIN)/python benchmarks/sweep.py
	$(BIN)/python benchmarks/quality.py
	$(BIN)/python benchmarks/few_boxes.py
	$(BIN)/python benchmarks/certificate.py
	$(BIN)/python benchmarks/growth.py
	$(BIN)/python benchmarks/reading.py
	$(BIN)/python benchmarks/startup.py

clean:
	rm -rf $(VENV) demo build sklearn_iou_kmeans/_kernels/_compiled*.c sklearn_iou_kmeans/_kernels/*.so

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"

$(VENV)/.demo: $(BIN)/python $(SOURCES)
	$(BIN)/python -m pip install --quiet --editable ".[cli,plot]"
	touch $@

$(VENV)/.test: $(BIN)/python $(SOURCES)
	$(BIN)/python -m pip install --quiet --editable ".[all]" --group test --group lint
	touch $@

$(VENV)/.bench: $(BIN)/python $(SOURCES)
	$(BIN)/python -m pip install --quiet --editable ".[io]" --group bench
	touch $@
