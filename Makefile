# What a person types. `make help` lists it.
#
# Stamp files say what is done already, so that nothing is done twice: .venv/runtime, .venv/dev and the static manifest.

PORT ?= 8000
PYTHON ?= python3

VENV := .venv
PY := $(VENV)/bin/python
MANAGE := $(PY) manage.py
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all:
# More than cores: some tests wait for a process of their own. Some take minutes and some a second: whoever is done
# takes over what waits behind a long one.
WORKERS := $(shell expr $$(nproc) + 2)
PYTEST := $(PY) -m pytest --dist worksteal
PACKAGES := careertrack goals metrics projects records
PO := careertrack/locale/ko/LC_MESSAGES/django.po
MO := $(PO:.po=.mo)
STATIC_SOURCES := $(shell find $(addsuffix /static,$(PACKAGES)) -type f 2>/dev/null)
STATIC := var/static/staticfiles.json
# Every branch of these is run by a test. A test holds that no module of API or import is left out.
WHOLLY := records/*,metrics/checks.py,metrics/aggregation.py,goals/evaluation.py,goals/comparisons.py,*/api.py,*/api/*,$\
	*/viewsets.py,careertrack/urls.py,*/resources.py,careertrack/importing.py,careertrack/exchange.py,$\
	careertrack/archives.py,careertrack/commands.py,careertrack/forms.py,careertrack/management/commands/import_*.py,$\
	careertrack/management/commands/export_*.py,metrics/kpi_sheets.py,metrics/typed.py
COMPILE := uv pip compile --no-config --universal --python-version 3.11 --generate-hashes --no-header --quiet

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup run test browser trust mutants coverage fuzz-api screenshots bench bench-quick check lock messages audit sbom

help: ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' Makefile

setup: $(VENV)/runtime .env $(MO) $(STATIC) ## install, write .env, create or migrate the database
	@$(MANAGE) migrate --no-input --verbosity 0
	@$(MANAGE) refresh_statistics

run: setup ## all of that, then serve on the loopback address (PORT=8000, DEMO_PASSWORD=…)
	@$(MANAGE) setup_demo --address http://127.0.0.1:$(PORT)/
	@LOG_LEVEL=$${LOG_LEVEL:-warning} exec $(VENV)/bin/gunicorn careertrack.wsgi --bind 127.0.0.1:$(PORT)

test: $(VENV)/dev ## all tests but slow ones, fuzzing and those in the browser, on all cores, on SQLite
	@$(PYTEST) -n $(WORKERS) -m "not browser and not screenshots and not trust and not fuzz" $(ARGS)

browser: $(VENV)/dev ## the tests in headless Chromium, which must be installed
	@$(PYTEST) -n 3 -m "browser and not trust" $(ARGS)

# Needs chromium and libreoffice-calc (Debian's names); a test whose program is missing fails and names it.
trust: $(VENV)/dev ## slow proofs of the promises in docs/security.md, in headless Chromium too (TEST_DATABASE_URL=…)
	@$(PYTEST) -n $(WORKERS) -m trust $(ARGS)

mutants: $(VENV)/dev ## every wall of the ownership layer and every operator of the pure modules, changed one by one
	@$(PY) -m tests.trust.deletions $(ARGS)
	@$(PY) -m tests.trust.mutants $(ARGS)

coverage: $(VENV)/dev | var ## which lines and branches no test runs; fails below what docs/security.md says
	@mkdir -p var/coverage && rm -f var/coverage/data*
	@$(PY) -m coverage run -m pytest -q -n auto -m "not browser and not screenshots and not trust and not fuzz" $(ARGS)
	@$(PY) -m coverage combine --quiet
	@$(PY) -m coverage report --fail-under=95
	@$(PY) -m coverage report --fail-under=100 --include="$(WHOLLY)"

fuzz-api: $(VENV)/dev ## at least 10,000 requests that nobody thought of, at every operation of the API
	@FUZZ_API_CASES=$${FUZZ_API_CASES:-10000} FUZZ_API_SEED=$${FUZZ_API_SEED:-$$(date +%s)} \
		$(PY) -m pytest -q -n auto tests/careertrack/test_api_fuzz.py $(ARGS)

screenshots: $(VENV)/dev ## take the pictures of README.md anew, in headless Chromium
	@$(PY) -m pytest -m screenshots tests/browser/test_screenshots.py

bench: setup $(VENV)/dev ## how fast it is, against the limit of this machine (SERVER=postgres://… for PostgreSQL as well)
	@$(PY) -m bench $(if $(SERVER),--server $(SERVER)) $(ARGS)

bench-quick: setup $(VENV)/dev ## the same in under three minutes, on SQLite
	@$(PY) -m bench --quick $(ARGS)

check: export SECRET_KEY = $(shell $(PYTHON) -c 'import secrets; print(secrets.token_urlsafe(50))')
check: export DATABASE_URL = sqlite://:memory:
check: export DEBUG = false
check: export HTTPS = true
check: $(VENV)/dev ## style, types, migrations, deployment settings, lock files, Korean catalog
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	$(MANAGE) makemigrations --check --dry-run
	$(MANAGE) check --deploy --fail-level WARNING
	$(PY) -m pytest -q tests/careertrack/test_repository.py tests/careertrack/test_catalogs.py

lock: $(VENV)/lock/bin/uv ## resolve pyproject.toml anew into requirements*.txt (ARGS=--upgrade takes newer releases)
	$(VENV)/lock/bin/$(COMPILE) $(ARGS) pyproject.toml --output-file requirements.txt
	$(VENV)/lock/bin/$(COMPILE) $(ARGS) pyproject.toml --group dev \
		--constraints requirements.txt --output-file requirements-dev.txt

audit: $(VENV)/dev ## what is known against the packages of the lock; says which could not be looked up (network)
	@$(PY) .ci/audit requirements-dev.txt $(VENV)/bin/pip-audit

sbom: $(VENV)/dev ## list what a server consists of, with hashes, as CycloneDX in var/sbom.json
	@$(VENV)/bin/cyclonedx-py requirements requirements.txt --pyproject pyproject.toml --output-reproducible \
		--output-format JSON --output-file var/sbom.json
	@echo "var/sbom.json"

messages: $(VENV)/dev .env ## bring the Korean catalog up to date with the sources
	@$(MANAGE) extract_messages

$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null || { \
		echo "CareerTrack needs Python 3.11 or newer; $(PYTHON) was not found." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "CareerTrack needs Python 3.11 or newer, not $$($(PYTHON) --version). PYTHON=… names another." >&2; \
		exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/runtime: requirements.txt | $(VENV)/bin/python
	@echo "Installing the packages of requirements.txt …"
	@$(PIP) -r requirements.txt
	@touch $@

$(VENV)/dev: requirements.txt requirements-dev.txt | $(VENV)/bin/python
	@echo "Installing the packages of requirements-dev.txt …"
	@$(PIP) -r requirements.txt -r requirements-dev.txt
	@touch $(VENV)/runtime $@

$(VENV)/lock/bin/uv: | $(VENV)/bin/python
	@$(PYTHON) -m venv $(VENV)/lock
	@$(VENV)/lock/bin/python -m pip install --quiet --disable-pip-version-check uv

# Records are nobody else's business, on this machine too.
var:
	@mkdir -m 700 var

# For the loopback address. Whoever sets SECRET_KEY in the environment decides about HTTPS as well.
.env: | $(VENV)/bin/python
	@[ -n "$$SECRET_KEY" ] && exit; umask 077; key=$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(50))') && \
		printf 'SECRET_KEY=%s\nHTTPS=false\n' "$$key" > $@

$(MO): $(PO) careertrack/catalogs.py | $(VENV)/runtime .env var
	@$(MANAGE) compile_catalog --verbosity 0

# The manifest is what the server reads; DEBUG=true in .env would write none.
$(STATIC): $(STATIC_SOURCES) $(VENV)/runtime | .env var
	@DEBUG=false $(MANAGE) collectstatic --no-input --verbosity 0
	@touch $@
