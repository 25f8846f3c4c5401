# `make` prints the targets. `make bench` and `make test` set up what they need.

PYTHON ?= python3
VENV ?= .venv
# ASV stores the results under this name. Another name starts new series on the dashboard.
MACHINE ?= $(shell uname -n)
BIN := $(VENV)/bin
# tools.bench ends when its parent ends: without `exec` that is a shell, which outlives a killed make.
BENCH = exec $(BIN)/python -m tools.bench
# For instance: make bench-sizes PROBLEMS="MVNLogDensity GPFit"
PROBLEMS ?=
# For instance: make drills CLONES="autograd=../autograd scipy=../scipy-bench"; the others are cloned from GitHub.
CLONES ?=
# For instance: make releases PACKAGE=jax SINCE=0.4.31 EACH=series
PACKAGE ?= jax
SINCE ?=
EACH ?= release
# For instance: make test-release JAX=0.6.2 PYTHON=python3.12
JAX ?= 0.4.31
# A Python with JAX for the GPU, asv, asv_runner, autograd and filelock; docs/use/gpu.md says how to install them.
GPU_PYTHON ?= python3

.PHONY: help setup machine bench bench-gpu bench-full bench-sizes bench-all-cores noise nightly releases \
    releases-table bump peers detectors detector-score drills preview test test-slow test-release test-releases lint dist clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /make \1\t/p' $(MAKEFILE_LIST) | expand -t 24

setup: $(VENV)/ready ## create the environment

$(VENV)/ready: pyproject.toml asv-verdict/pyproject.toml asv-verdict/src/asv_verdict/site/package-lock.json
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python " + sys.version.split()[0] + \
	    ": expected 3.11 or newer; name one: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[pinned,suite,test,dist]' --editable ./asv-verdict
	@# Without npm, the command prints a message and the dashboard is ASV's own page.
	@$(BIN)/python -m asv_verdict assets || true
	@touch $@

$(VENV)/browser: $(VENV)/ready
	@# Without a browser the tests of the pages are skipped, and the next `make test` tries to install one again.
	@if $(BIN)/python -m tools.browser; then touch $@; fi

machine: $(VENV)/ready
	$(BIN)/python -m tools.machine "$(MACHINE)"

bench: machine ## measure HEAD with the nightly selection and publish the dashboard; 20 minutes
	$(BENCH) nightly --machine "$(MACHINE)" --then studies.main_table

bench-full: machine ## measure every cell of HEAD; many hours
	$(BENCH) full --machine "$(MACHINE)"

bench-sizes: machine ## measure every size of HEAD for the page "Gradient cost"; half an hour per problem
	$(BENCH) sizes --machine "$(MACHINE)" $(if $(PROBLEMS),--problems $(PROBLEMS))

bench-all-cores: machine ## measure HEAD with all cores and threads; the dashboard shows these results separately
	$(BENCH) all-cores --machine "$(MACHINE)"

bench-gpu: ## measure HEAD on a GPU with GPU_PYTHON (docs/use/gpu.md); publish nothing
	$(GPU_PYTHON) -m tools.machine "$(MACHINE)"
	exec $(GPU_PYTHON) -m tools.bench gpu --machine "$(MACHINE)"

noise: machine ## measure how much two identical runs differ, cell by cell; 30 minutes
	$(BIN)/python -m studies.repeatability "$(MACHINE)"

nightly: machine ## measure the newest commit, compare it and print the verdict
	$(BIN)/python -m asv_verdict nightly --machine "$(MACHINE)"

releases: machine ## measure each release of PACKAGE (jax, autograd, numpy); up to 8 hours; resumes where it stopped
	$(BIN)/python -m releases measure $(PACKAGE) --machine "$(MACHINE)" --since "$(SINCE)" --each $(EACH)

releases-table: $(VENV)/ready ## add new releases from the package index to the table of releases
	$(BIN)/python -m releases table jax autograd numpy

bump: machine ## commit newer pins to the branch `bump`, one per commit, and compare the commits
	$(BIN)/python -m releases bump --machine "$(MACHINE)"

peers: ## measure one gradient with other libraries, in a separate environment
	$(PYTHON) -m venv $(VENV)/peers
	$(VENV)/peers/bin/python -m pip install --quiet --editable ./asv-verdict --editable '.[peers]'
	$(VENV)/peers/bin/python -m studies.peers

detectors: ## score published detectors of change points on synthetic histories, in a separate environment
	$(PYTHON) -m venv $(VENV)/detectors
	$(VENV)/detectors/bin/python -m pip install --quiet --editable ./asv-verdict --editable '.[detectors]'
	$(VENV)/detectors/bin/python -m studies.peer_detectors

detector-score: $(VENV)/ready ## score the verdict on recorded nights with synthetic slowdowns
	$(BIN)/python -m studies.recorded_nights

drills: $(VENV)/ready ## run asv-verdict on small repositories and other projects, and kill it; up to 2 hours
	$(BIN)/python -m studies.drills $(foreach clone,$(CLONES),--clone "$(clone)")

preview: $(VENV)/ready ## serve the dashboard on this machine and print its address
	$(BIN)/asv preview

# Each test worker runs on one core, so a second BLAS thread would only take time from the first.
test test-slow: export OPENBLAS_NUM_THREADS = 1

test: setup $(VENV)/browser lint ## lint, check types and run the tests
	$(BIN)/python -m pytest -n auto --dist loadgroup --cov --cov-report=term-missing:skip-covered

test-slow: setup $(VENV)/browser ## run the tests that take minutes, then test-releases
	$(BIN)/python -m pytest -m slow -n auto --dist loadgroup
	$(MAKE) test-releases

test-release: $(VENV)/ready ## test the smallest cells under one release: make test-release JAX=0.6.2
	JAX=$(JAX) $(BIN)/nox --session jax-$(JAX) --error-on-missing-interpreters \
	    $(if $(filter command%,$(origin PYTHON)),--force-python $(PYTHON))

test-releases: $(VENV)/ready ## test the smallest cells under four releases of JAX, with the installed Pythons
	$(BIN)/nox

lint: $(VENV)/ready $(VENV)/biome/ready ## check format, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	@if [ -f $(VENV)/biome/ready ]; then $(VENV)/biome/node_modules/.bin/biome check --error-on-warnings \
	    --config-path=tools/biome asv-verdict/src/asv_verdict/site/www; fi

$(VENV)/biome/ready: tools/biome/package-lock.json $(VENV)/ready
	@mkdir -p $(VENV)/biome && cp tools/biome/package.json tools/biome/package-lock.json $(VENV)/biome
	@# Without npm or a network the scripts are not checked; where REQUIRE_BROWSER is set, that is a failure.
	@if command -v npm > /dev/null; then \
	    npm ci --prefix $(VENV)/biome --ignore-scripts --no-fund --no-audit --silent && touch $@; fi; \
	[ -f $@ ] || { echo "biome cannot be installed (npm); the scripts of the pages are not checked"; [ -z "$$REQUIRE_BROWSER" ]; }

dist: $(VENV)/ready ## build both distributions, check them and try each in an empty environment
	$(BIN)/python -m tools.dist

clean: ## remove environments and caches, but no results
	rm -rf $(VENV) .asv/env .mypy_cache .pytest_cache .ruff_cache
