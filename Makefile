# Every target installs what it needs: python3, venv and make are enough. With a C compiler, the
# kernels are compiled.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Further environments: with the oldest dependencies, without extras, with pre-releases.
OLDEST := .venv-oldest
BARE := .venv-core
NEXT := .venv-nightly
# Nightly builds of NumPy, SciPy, scikit-learn and others.
NIGHTLY := https://pypi.anaconda.org/scientific-python-nightly-wheels/simple
# setuptools warns at every installation that extensions in pyproject.toml are experimental.
QUIETLY := PYTHONWARNINGS=ignore
# The package is reinstalled when one of these changes.
SOURCES := pyproject.toml sklearn_iou_kmeans/_kernels/_compiled.pyx sklearn_iou_kmeans/_kernels/_compiled_avx2.pyx
# The tests of everything that the kernels have a part in.
CORE := tests/test_kernels.py tests/test_merged_cells.py $(wildcard tests/test_cluster_*.py) tests/test_histogram.py tests/test_metrics.py tests/test_weights.py tests/test_oracle.py tests/test_figures.py

.PHONY: help demo test test-numpy test-long test-sanitized test-oldest test-core test-nightly mutants fuzz floors lint audit docs test-docs dist bench clean

# List the targets.
help:
	@awk -F : '/^[a-z-]+:/ && about {printf "%-15s %s\n", $$1, about} {about = /^# / ? substr($$0, 3) : ""}' Makefile

# Fit anchors to a random label file.
demo: $(VENV)/.demo
	mkdir -p demo
	$(BIN)/python examples/draw_annotations.py demo/labels.json
	$(BIN)/iou-kmeans fit demo/labels.json --category car -k 8 --json demo/anchors.json
	$(BIN)/iou-kmeans sweep demo/labels.json --category car --k 3-10 --plot demo/curve.png

# Run all tests, with the newest dependencies.
test: $(VENV)/.test
	$(BIN)/python -m pytest -n logical

# Run the core's tests with the NumPy kernels.
test-numpy: $(VENV)/.test
	SKLEARN_IOU_KMEANS_KERNELS=numpy $(BIN)/python -m pytest -n logical $(CORE)

# Run only the property tests, most on 3000 cases, with both kernels: 40 minutes on two processors.
test-long: $(VENV)/.test
	for kernels in compiled numpy; do \
	  SKLEARN_IOU_KMEANS_KERNELS=$$kernels $(BIN)/python -m pytest -n logical \
	    -m hypothesis --hypothesis-profile=long $(CORE) tests/test_bound.py || exit 1; \
	done

# Run the core's tests on kernels with AddressSanitizer, UndefinedBehaviorSanitizer and bounds checks.
test-sanitized: $(VENV)/.test
	.ci/test-sanitized $(CORE) tests/test_bound.py

# Run all tests with the oldest dependencies, on Python 3.11.
test-oldest: $(OLDEST)/.test
	$(OLDEST)/bin/python -m pytest -n logical

# Run the core's tests without extras.
test-core: $(BARE)/.test
	$(BARE)/bin/python -m pytest -n logical $(CORE) tests/test_extras.py

# Run all tests with pre-releases of scikit-learn and its dependencies.
test-nightly: $(NEXT)/.test
	$(NEXT)/bin/python -m pip install --quiet --pre --upgrade --extra-index-url $(NIGHTLY) \
		numpy scipy joblib scikit-learn
	$(NEXT)/bin/python -m pytest -n logical

# Test the tests: count how many mutations of the core they detect. Takes some hours.
mutants: $(VENV)/.test
	$(BIN)/python benchmarks/mutants.py

# Fuzz each reader and the command for ten minutes, two at once on two processors.
fuzz: $(VENV)/.test
	$(BIN)/python tests/fuzz.py --minutes 10

# Update .ci/oldest.txt after a change of a lower bound in pyproject.toml.
floors: $(VENV)/.dist
	$(BIN)/uv pip compile pyproject.toml --constraint .ci/oldest.in --all-extras --group test \
		--python-version 3.11 --resolution lowest-direct --generate-hashes --no-emit-index-url \
		--custom-compile-command "make floors" --quiet --output-file .ci/oldest.txt

# Check style, types and docstrings.
lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m numpydoc.hooks.validate_docstrings $$(git ls-files 'sklearn_iou_kmeans/*.py')

# Check all installed packages for known vulnerabilities.
audit: $(VENV)/.test $(VENV)/.dist
	$(BIN)/pip-audit --local --skip-editable

# Build the site in docs/_build/html, with warnings as errors and without network access.
docs: $(VENV)/.docs
	MPLBACKEND=agg $(BIN)/python -m sphinx --fail-on-warning --keep-going --builder html docs docs/_build/html

# Build the site, and check its links, assets and layout.
test-docs: docs
	DOCS_HTML=docs/_build/html $(BIN)/python -m pytest tests/test_docs_site.py

# Build and check the sdist and the wheel, and test the wheel in a fresh environment.
dist: $(VENV)/.dist
	rm -rf dist
	$(BIN)/check-manifest
	$(BIN)/python -m build
	$(BIN)/twine check --strict dist/*
	$(BIN)/check-wheel-contents dist/*.whl
	PYTHON=$(PYTHON) .ci/test-wheel dist/*.whl dist/*.tar.gz

# Measure speed and quality, and compare to other tools.
bench: $(VENV)/.bench
	$(BIN)/python benchmarks/peers.py
	$(BIN)/python benchmarks/peers.py --shrink 4
	$(BIN)/python benchmarks/sweep.py
	$(BIN)/python benchmarks/quality.py
	$(BIN)/python benchmarks/few_boxes.py
	$(BIN)/python benchmarks/certificate.py
	$(BIN)/python benchmarks/growth.py
	$(BIN)/python benchmarks/reading.py
	$(BIN)/python benchmarks/startup.py

# Delete all files that the targets created.
clean:
	rm -rf $(VENV) $(OLDEST) $(BARE) $(NEXT) demo build dist docs/_build docs/api docs/gallery sklearn_iou_kmeans/_kernels/_compiled*.c sklearn_iou_kmeans/_kernels/*.so

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"

$(VENV)/.demo: $(BIN)/python $(SOURCES)
	$(QUIETLY) $(BIN)/python -m pip install --quiet --editable ".[cli,plot]"
	touch $@

$(VENV)/.test: $(BIN)/python $(SOURCES)
	$(QUIETLY) $(BIN)/python -m pip install --quiet --editable ".[all]" --group test --group lint
	touch $@

$(VENV)/.docs: $(VENV)/.test
	$(BIN)/python -m pip install --quiet --group docs
	touch $@

$(VENV)/.bench: $(BIN)/python $(SOURCES)
	$(QUIETLY) $(BIN)/python -m pip install --quiet --editable ".[io]" --group bench
	touch $@

$(VENV)/.dist: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --group dist
	touch $@

$(OLDEST)/.test: .ci/oldest.txt $(SOURCES)
	$(PYTHON) -c "import sys; sys.exit(sys.version_info[:2] != (3, 11) and 'PYTHON has to be 3.11')"
	$(PYTHON) -m venv --clear $(OLDEST)
	$(OLDEST)/bin/python -m pip install --quiet --require-hashes --requirement .ci/oldest.txt
	$(QUIETLY) $(OLDEST)/bin/python -m pip install --quiet --no-deps --editable .
	touch $@

$(BARE)/.test: $(SOURCES)
	$(PYTHON) -m venv --clear $(BARE)
	$(QUIETLY) $(BARE)/bin/python -m pip install --quiet --editable . pytest pytest-xdist hypothesis
	touch $@

$(NEXT)/.test: $(SOURCES)
	$(PYTHON) -m venv --clear $(NEXT)
	$(NEXT)/bin/python -m pip install --quiet --upgrade "pip>=25.1"
	$(QUIETLY) $(NEXT)/bin/python -m pip install --quiet --editable ".[all]" --group test
	touch $@
