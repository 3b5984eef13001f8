# Each target is the only command a fresh machine needs: Python 3.11 or newer, and make.
# It builds .venv once, from exactly the versions in constraints.txt.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet
BUILD  ?= build

.DEFAULT_GOAL := help
.PHONY: help demo engel examples test test-all guides chromium fuzz mutants check package bench bench-choose bench-real autogluon pages site explorer reference clean

help:           ## what there is
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22

demo: $(VENV)/.with-choose  ## choose a loss for a year of bicycle hires (8,645 hours), and write the report
	@mkdir -p $(BUILD)/demo
	$(BIN)/lossary choose examples/data/bikeshare.csv --target bikers --want mean --models linear,boosting --jobs 2 --out $(BUILD)/demo/bikeshare

engel: $(VENV)/.with-cli  ## fit Engel's food data (1857) under four losses, and draw the fits
	@mkdir -p $(BUILD)/demo
	$(BIN)/lossary compare examples/data/engel.csv --target foodexp \
	  --loss squared --loss absolute --loss huber --loss quantile:0.9 --plot $(BUILD)/demo/engel.png

# Keras runs on torch or jax.
examples: export KERAS_BACKEND ?= torch
examples: $(VENV)/.with-bench  ## train networks with PyTorch, JAX and Keras (installs them), and draw the learning curves
	$(BIN)/python examples/training/with_torch.py --output $(BUILD)/examples
	$(BIN)/python examples/training/with_jax.py --output $(BUILD)/examples
	$(BIN)/python examples/training/with_keras.py --output $(BUILD)/examples

test: $(VENV)/.with-test chromium  ## run the tests; of one loss with ARGS="--loss NAME"
	$(BIN)/python -m pytest -n auto --dist worksteal $(ARGS)

test-all: $(VENV)/.with-test chromium  ## run the slow tests too: every loss under every setting
	$(BIN)/python -m pytest -n auto --dist worksteal --all $(ARGS)

# Tests look at reports in a browser: the system's, installed where we may.
chromium:
	@for name in chromium chromium-browser google-chrome google-chrome-stable; do \
	  command -v $$name >/dev/null && exit; done; \
	install="apt-get install -qq -y --no-install-recommends chromium"; \
	{ [ "$$(id -u)" = 0 ] && command -v apt-get && echo "installing Chromium" >&2 && \
	  { $$install || { apt-get update -qq && $$install; }; }; } >/dev/null || \
	  echo "no Chromium here, and none could be installed: what a report looks like is not tested" >&2

guides: $(VENV)/.with-guides  ## run the code of all how-to pages, in every host (installs Lightning, transformers, Flax and others)
	$(BIN)/python -m pytest -n auto --dist worksteal --all tests/howto $(ARGS)

fuzz: $(VENV)/.with-test  ## call every loss in every guise for ten minutes, and hold the answers against the referee
	$(BIN)/python -m tests.fuzz --summary $(BUILD)/fuzz/summary.json $(ARGS)

mutants: $(VENV)/.with-mutants  ## make small changes in a copy of the code, and list those that no test notices (an hour; ARGS="--module verdict")
	$(BIN)/python -m tests.mutants --summary $(BUILD)/mutants/summary.json $(ARGS)

check: $(VENV)/.with-dev  ## run the linters (imports between layers too) and the type checker
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache --no-logo
	$(BIN)/mypy

package: $(VENV)/.with-package  ## build the wheel and the sdist, check both, and use the wheel in an environment of its own
	$(BIN)/python -m pytest tests/packaging/built.py $(ARGS)

bench: $(VENV)/.with-bench  ## race the kernels against other libraries, into build/benchmarks.md (installs torch, jax and others)
	$(BIN)/python -m bench $(ARGS)

bench-choose: $(VENV)/.with-bench  ## what is lost by following `lossary choose`, on data whose best loss is known (about 10 minutes)
	$(BIN)/python -m bench.choosing $(ARGS)

bench-real: $(VENV)/.with-bench  ## the same on real data, beside other libraries (hours; goes on where it stopped; part of it with ARGS="--only ames")
	$(BIN)/python -m bench.real $(ARGS)

autogluon: $(BUILD)/autogluon/.made  ## install AutoGluon, in an environment of its own, as a rival for bench-real

$(BUILD)/autogluon/.made:
	$(PYTHON) -m venv $(BUILD)/autogluon
	$(BUILD)/autogluon/bin/python -m pip --disable-pip-version-check --quiet install "autogluon.tabular[lightgbm,catboost,xgboost]"
	@touch $@

pages: $(VENV)/.with-cli  ## make the benchmark pages and pictures anew from docs/benchmarks/*.json (measures nothing)
	$(BIN)/python -m bench.pages $(ARGS)

site: $(VENV)/.with-site  ## build the site, a page for every loss among it, to build/site/html
	$(BIN)/python site/build.py $(ARGS)

explorer: $(VENV)/.with-cli  ## write the page to play with losses, which `lossary explore` opens, to build/explorer/index.html
	@mkdir -p $(BUILD)/explorer
	$(BIN)/lossary explore --output $(BUILD)/explorer/index.html

reference: $(VENV)/.with-test  ## measure every formula's worst error against 60 digits, and record it
	$(BIN)/python -m lossary.proof --write $(ARGS)

clean:          ## remove what the other targets made, the environment too
	rm -rf $(VENV) $(BUILD) dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find src tests bench -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.venv-made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Lossary needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 ..." >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.with-%: $(VENV)/.venv-made pyproject.toml constraints.txt
	@echo "installing lossary[$*] into $(VENV)"
	@$(PIP) install --constraint constraints.txt --editable ".[$*]"
	@touch $@
