# Two commands do all the set-up: `make bench` and `make test`. Every target prints the plain commands it runs.

PYTHON ?= python3
VENV ?= .venv
# The name under which this machine's results are kept. Change it and its lines on the dashboard start anew.
MACHINE ?= $(shell uname -n)
BIN := $(VENV)/bin
# ASV looks for a Python of its own version on the path, where there may be none, or a starter that does not start it.
ASV := PATH="$(abspath $(BIN)):$$PATH" $(BIN)/asv
RUN := $(ASV) run HEAD^! --machine "$(MACHINE)" --record-samples --show-stderr
# ASV's tables hold a row for every combination of parameters, selected or not; those without any value are left out.
MEASURED := | LC_ALL=C.UTF-8 grep --line-buffered -v -E '^[^±]*(n/a|[[:space:]][[:alpha:]_]+|float(32|64)) +n/a *$$'
# Status 2 says that a benchmark failed; what did not is shown all the same.
THEN_PUBLISH = status=$$?; [ $$status = 0 ] || [ $$status = 2 ] || exit $$status; $(ASV) publish
LOOK := echo "The dashboard is in .asv/html; look at it with: make preview"
# A failure of asv is a failure, whatever is behind the pipe.
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c

.PHONY: help setup machine bench bench-gpu bench-full bench-sizes bench-all-cores noise nightly releases releases-table bump peers detector-score preview test test-slow test-release test-releases lint clean

help:
	@echo "make bench                       measure HEAD: the cells that answer the main questions, and the dashboard"
	@echo "make bench-gpu                   measure HEAD on a GPU by a Python that has JAX for it; docs/use/gpu.md"
	@echo "make bench-full                  measure HEAD: every cell; many hours"
	@echo "make bench-sizes                 measure HEAD: every size, for the page \"Gradient cost\"; half an hour a problem"
	@echo "make bench-all-cores             measure HEAD with every core and thread, beside the results with one"
	@echo "make noise                       how far two identical runs differ, cell by cell; twice as long as make bench"
	@echo "make nightly                     measure what is new and say whether anything got slower; ends with the verdict"
	@echo "make releases PACKAGE=jax        what each release of jax, autograd or numpy did to gradients; a working day"
	@echo "make releases-table              add new releases to their table, from the package index"
	@echo "make bump                        newer releases of the pins: a commit each on a branch, and what it costs"
	@echo "make peers                       the gradient of one log-density by other libraries, beside ours, in one run"
	@echo "make detector-score              how good the verdict is, on recorded nights with slowdowns put into them"
	@echo "make preview                     look at the dashboard in a browser"
	@echo "make test                        the test suite, lint and types"
	@echo "make test-slow                   the cells and checks that take minutes"
	@echo "make test-release JAX=0.6.2      the cells at their smallest size under another JAX"
	@echo "make test-releases               the same for the oldest, a middle and the newest JAX, on the Pythons found"

setup: $(VENV)/ready

$(VENV)/ready: pyproject.toml asv_verdict/site/package-lock.json
	$(PYTHON) -c 'import sys; sys.exit("autodiff-kernels needs Python 3.11 or newer; this is " + sys.version.split()[0] + "; name one, as in: make bench PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[pinned,suite,test]'
	$(BIN)/python -m asv_verdict assets || true # without them the dashboard is ASV's own page, as the sentence says
	touch $@

machine: $(VENV)/ready
	$(BIN)/python -m tools.machine "$(MACHINE)"

bench: machine
	$(BIN)/python -m benchmarks.gpu
	$(RUN) --bench "$$($(BIN)/python -m benchmarks.selections nightly)" $(MEASURED); $(THEN_PUBLISH) \
	    && $(BIN)/python -m tools.table "$(MACHINE)" && $(LOOK) && exit $$status

bench-full: machine
	$(RUN) --bench "$$($(BIN)/python -m benchmarks.selections full)" $(MEASURED); $(THEN_PUBLISH) \
	    && $(LOOK) && exit $$status

bench-all-cores: machine
	config=$$($(BIN)/python -m tools.asv_runs all-cores) && $(RUN) --config "$$config" \
	    --bench "$$($(BIN)/python -m benchmarks.selections nightly)" $(MEASURED); $(THEN_PUBLISH) \
	    && $(LOOK) && exit $$status

# Of a machine with a GPU, whose Python has JAX for it already, and asv and autograd; docs/use/gpu.md says how they get there.
# Two rounds, since a GPU has no neighbours; the second line of its plots is a few of the cells on its own processor.
GPU_PYTHON ?= python3
GPU_RUN = $(GPU_PYTHON) -m asv run HEAD^! --machine "$(MACHINE)" --record-samples --show-stderr --attribute rounds=2
bench-gpu:
	$(GPU_PYTHON) -m tools.machine "$(MACHINE)"
	config=$$($(GPU_PYTHON) -m tools.asv_runs installed cuda) && $(GPU_RUN) --config "$$config" \
	    --bench "$$($(GPU_PYTHON) -m benchmarks.selections gpu)" $(MEASURED); status=$$?; \
	    config=$$($(GPU_PYTHON) -m tools.asv_runs installed cpu) && $(GPU_RUN) --config "$$config" \
	    --bench "$$($(GPU_PYTHON) -m benchmarks.selections beside-gpu)" $(MEASURED) && exit $$status

# A problem at a time, since ASV keeps results when a run ends: for instance `make bench-sizes PROBLEMS=MVNLogDensity`.
PROBLEMS ?= MVNLogDensity TimelineJacobian RBFCovariance RBFKernel RBFCovarianceJacobian MVNTextbook ARDLogDensity DecayJacobian GPFit SurvivalFit
bench-sizes: machine
	sizes=$$($(BIN)/python -m benchmarks.selections sizes); failed=0; for problem in $(PROBLEMS); do \
	    $(RUN) --bench "^(?=\w+\.$$problem\.)(?:$$sizes)" $(MEASURED); status=$$?; \
	    [ $$status = 0 ] || [ $$status = 2 ] || exit $$status; [ $$status = 0 ] || failed=2; $(ASV) publish || exit; \
	done; $(LOOK) && exit $$failed

noise: machine
	$(BIN)/python -m tools.noise "$(MACHINE)"

nightly: machine
	$(BIN)/python -m asv_verdict nightly --machine "$(MACHINE)"

# For instance `make releases PACKAGE=jax SINCE=0.4.31`; started again, it goes on where it stopped.
PACKAGE ?= jax
SINCE ?=
EACH ?= release
releases: machine
	$(BIN)/python -m tools.releases measure $(PACKAGE) --machine "$(MACHINE)" --since "$(SINCE)" --each $(EACH)

releases-table: $(VENV)/ready
	$(BIN)/python -m tools.releases table jax autograd numpy

bump: machine
	$(BIN)/python -m tools.releases bump --machine "$(MACHINE)"

detector-score: $(VENV)/ready
	$(BIN)/python -m tools.detector_score

# An environment of its own: peers are no dependencies.
peers:
	$(PYTHON) -m venv $(VENV)/peers
	$(VENV)/peers/bin/python -m pip install --quiet --editable '.[peers]'
	$(VENV)/peers/bin/python -m tools.peers

preview: $(VENV)/ready
	$(ASV) preview

# A worker of the tests has one core, so a second BLAS thread would only spin.
test test-slow test-release: export OPENBLAS_NUM_THREADS = 1

test: lint
	$(BIN)/python -m pytest -m "not slow" -n auto --dist loadgroup --cov --cov-report=term-missing:skip-covered

test-slow: $(VENV)/ready
	$(BIN)/python -m pytest -m slow -n auto --dist loadgroup
	$(MAKE) test-releases

lint: $(VENV)/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

# An environment of its own for each release; the pins of today do not apply there.
JAX ?= 0.4.31
test-release:
	$(PYTHON) -m venv $(VENV)/jax-$(JAX)-$(notdir $(PYTHON))
	$(VENV)/jax-$(JAX)-$(notdir $(PYTHON))/bin/python -m pip install --quiet jax==$(JAX) jaxlib==$(JAX) autograd==1.9.1 \
	    pytest==9.2.0 pytest-timeout==2.4.0 pytest-xdist==3.8.0 mpmath==1.4.1
	$(VENV)/jax-$(JAX)-$(notdir $(PYTHON))/bin/python -m pytest -n auto --dist loadgroup --smallest tests/test_cells.py \
	    tests/test_support.py tests/test_golden.py tests/test_imports.py tests/test_forks.py tests/test_rules.py

# The first Python of the given versions that runs here, on the path or in pyenv.
python = $(firstword $(foreach v,$(1),$(shell PYENV_VERSION=$$(ls ~/.pyenv/versions 2>/dev/null | grep '^$(v)' | tail -n 1) \
    python$(v) -c 'import sys; print(sys.executable)' 2>/dev/null)))

# JAX 0.4.31 has no wheels above Python 3.12, and the newest none below it.
test-releases: OLDER = $(call python,3.11 3.12)
test-releases: NEWER = $(call python,3.13 3.12)
test-releases:
	@test -n "$(OLDER)" || echo "No Python 3.11 or 3.12 was found, so the older JAX releases were not tested here."
	@test -n "$(NEWER)" || echo "No Python 3.12 or 3.13 was found, so the newest JAX was not tested here."
	$(if $(OLDER),$(MAKE) test-release JAX=0.4.31 PYTHON=$(OLDER))
	$(if $(OLDER),$(MAKE) test-release JAX=0.6.2 PYTHON=$(OLDER))
	$(if $(OLDER),$(MAKE) test-release JAX=0.10.2 PYTHON=$(OLDER))
	$(if $(NEWER),$(MAKE) test-release JAX=0.12.0.1 PYTHON=$(NEWER))

clean:
	rm -rf $(VENV) .asv/env .mypy_cache .pytest_cache .ruff_cache
