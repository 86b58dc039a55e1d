# Every target sets up what it needs; a machine with Python 3.11 or newer is enough.
.DEFAULT_GOAL := help
BIN := .venv/bin
READY := .venv/.ready
# Where to listen, when not where the configuration says: make run PORT=9000. Some shells and tools export a HOST of their own.
HOST =
PORT ?=
# Further arguments for pytest and the benchmark: make test ARGS="-k settings"
ARGS ?=

export UV_PYTHON_DOWNLOADS := never

.PHONY: help setup run test lint format test-vendors test-long bench lock clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

setup: $(READY) ## only the set-up: .venv from requirements.lock

$(READY): .ci/setup.sh requirements.lock pyproject.toml
	@PYTHON="$(PYTHON)" sh .ci/setup.sh

run: $(READY) ## the gateway on 127.0.0.1:8080, or where the configuration says, with the embedded store and a small demo data set
	@exec $(BIN)/crosswalk serve --demo-data $(if $(HOST),--host $(HOST)) $(if $(PORT),--port $(PORT))

test: $(READY) ## the test suite
	@$(BIN)/python -m pytest -n logical --maxprocesses 4 --dist worksteal $(ARGS)

lint: $(READY) ## ruff and mypy --strict
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict

format: $(READY) ## apply ruff's fixes and formatting
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test-vendors: $(READY) ## the vendors' own clients against this gateway, each in an environment of its own
	@$(BIN)/pytest tests/vendors $(ARGS)

test-long: $(READY) ## kill loops, soak, 100,000 random requests, documents at length
	@$(BIN)/pytest tests/long $(ARGS)

bench: $(READY) ## added latency and throughput of this installation
	@$(BIN)/crosswalk bench $(ARGS)

lock: $(READY) ## resolve again: newest versions allowed by pyproject.toml, with hashes
	$(BIN)/uv lock --quiet --upgrade
	$(BIN)/uv export --quiet --format requirements.txt --no-header --no-annotate --no-emit-project --all-groups --output-file requirements.lock
	@rm -f uv.lock

clean: ## remove everything the targets made
	rm -rf .venv .venvs .pytest_cache .mypy_cache .ruff_cache .hypothesis
