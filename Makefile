# Everything a developer types. `make` alone lists it. Only git, make, python3 and python3-venv are needed beforehand.
.DEFAULT_GOAL := help
UV_VERSION := 0.13.9
PYTHON ?= python3
BIN := .venv/bin
# The test settings read no `.env`: linting works in a tree where nothing was ever run.
TEST_MANAGE := DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/python manage.py
COMPILE := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --quiet

.PHONY: help
help: ## List what there is to do
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1|\2/p' Makefile | column -t -s '|' 2>/dev/null || \
		sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1: \2/p' Makefile

# --- Set-up, done when something needs it ---------------------------------------------------------------------------
.PHONY: setup
setup: .venv/.ready .env ## Make .venv and .env without running anything

.venv/.ready: requirements.lock scripts/venv.sh Makefile
	@PYTHON="$(PYTHON)" UV_VERSION="$(UV_VERSION)" sh scripts/venv.sh
	@touch $@

.env:
	@$(PYTHON) scripts/dotenv.py

# --- Daily work -----------------------------------------------------------------------------------------------------
.PHONY: run
run: setup ## Run the console, the simulator and the worker with demo data (PORT=8000 SIMULATOR_PORT=8001 DATA_DIR=var)
	@$(BIN)/python scripts/run.py

.PHONY: test
test: .venv/.ready ## Run the tests: logic on SQLite, then everything on PostgreSQL (T="tests/core -k key" for a part)
	@$(BIN)/python -m tests.run $(T)

.PHONY: soak
soak: .venv/.ready ## Run the long kill, load and history tests on PostgreSQL
	@$(BIN)/python -m tests.run --soak $(T)

.PHONY: bench
bench: .venv/.ready ## Measure pull, re-pull and push beside the bare floor, and the webhooks sent and received (BENCH_SIZES="2000 20000 200000")
	@$(BIN)/python -m benchmarks.run

.PHONY: lint
lint: .venv/.ready ## Check format, style, types, templates, import rules and migrations
	$(BIN)/ruff format --check --output-format concise .
	$(BIN)/ruff check .
	$(BIN)/mypy --no-fast-exit
	$(BIN)/djlint templates --lint --quiet
	$(BIN)/lint-imports --no-cache
	$(TEST_MANAGE) makemigrations --check --dry-run
	$(TEST_MANAGE) check --fail-level WARNING

.PHONY: check
check: lint test ## Run lint and test: what every change must pass

.PHONY: format
format: .venv/.ready ## Format the Python code and fix what can be fixed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: migrations
migrations: setup ## Write the migrations that the models need
	$(BIN)/python manage.py makemigrations

.PHONY: provider
provider: .venv/.ready ## Start a provider that is whole from the first minute (SLUG=acme LABEL="Acme CRM" CATEGORY=crm)
	$(BIN)/python scripts/new_provider.py "$(SLUG)" --label "$(LABEL)" --category "$(or $(CATEGORY),crm)"

.PHONY: providers
providers: .venv/.ready ## Write docs/providers.md from what the connectors declare
	$(BIN)/python scripts/providers.py

# --- Dependencies ---------------------------------------------------------------------------------------------------
.PHONY: lock
lock: .venv/.ready ## Remake requirements.lock from pyproject.toml (UPGRADE=--upgrade takes newer versions)
	$(COMPILE) $(UPGRADE) --group dev --group simulator --group judges -o requirements.lock
	$(COMPILE) -c requirements.lock -o deploy/requirements.txt

.PHONY: audit
audit: .venv/.ready ## Look the locked dependencies up in the advisory databases (needs a network)
	$(BIN)/uv tool run pip-audit@2.10.1 --requirement requirements.lock --disable-pip
