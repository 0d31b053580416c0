# `make test` is what CI runs; it makes its own environment from the locks.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: test lint clean
test: lint
	$(BIN)/pytest -q

lint: .venv/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

# uv installs the locks in seconds; where it cannot be had, pip takes minutes and gives the same.
.venv/ready: dev.lock
	$(PYTHON) -m venv .venv
	if $(BIN)/python -m pip install -q uv==0.13.9; then \
	  UV_FIND_LINKS="$(PIP_FIND_LINKS)" $(BIN)/python -m uv pip install -q --python $(BIN)/python --require-hashes -r dev.lock; \
	else \
	  $(BIN)/python -m pip install -q --require-hashes -r dev.lock; \
	fi
	touch $@

clean:
	rm -rf .venv
