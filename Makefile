# `make demo` and `make test` do all the set-up themselves; python3 (3.11 or newer), pip and make are enough.
PYTHON ?= python3
BIN := .venv/bin

# Without compiled bytecode Prefect's server takes twice as long to start, and every worker seconds.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test lint clean
demo: .venv/ready
	$(BIN)/tamis demo demo

test: lint .venv/names .venv/clip
	$(BIN)/pytest -q -n 2 --dist loadscope --no-loadscope-reorder -m "not clip"
	if [ -x .venv/clip/bin/pytest ]; then .venv/clip/bin/pytest -q -n 2 --dist loadscope --no-loadscope-reorder -m clip; fi

lint: .venv/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

# uv installs the locks in seconds; where it cannot be had, pip takes minutes and gives the same.
install = if $(BIN)/python -m uv --version >/dev/null 2>&1; then \
	  export UV_FIND_LINKS="$(PIP_FIND_LINKS)"; install="$(BIN)/python -m uv pip install -q --python $(1)"; \
	else \
	  install="$(1) -m pip install -q"; \
	fi

.venv/ready: dev.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q uv==0.13.9 || true
	$(call install,$(BIN)/python); $$install --require-hashes -r dev.lock && \
	  $$install --no-deps --no-build-isolation --config-settings editable_mode=compat -e .
	touch $@

# For the tests of models. The lock wants a torch without CUDA, 3 GB less; where none can be had they are skipped.
.venv/names: .venv/ready names.lock
	$(call install,$(BIN)/python); if $$install --dry-run --require-hashes -r names.lock; then \
	  $$install --require-hashes -r names.lock; \
	else echo "No torch without CUDA to be had here: the tests of models will be skipped."; fi
	touch $@

# For the tests of CLIP models, an environment of its own: beside such a torch torchvision cannot be imported as it comes,
# and transformers, once it sees torchvision, imports it.
.venv/clip: .venv/ready clip.lock
	rm -rf $@ && $(PYTHON) -m venv $@
	$(call install,$@/bin/python); if $$install --dry-run --require-hashes -r clip.lock; then \
	  $$install --require-hashes -r dev.lock -r clip.lock && \
	  $$install --no-deps --no-build-isolation --config-settings editable_mode=compat -e .; \
	else echo "No torch without CUDA to be had here: the tests of CLIP models will be skipped."; fi
	touch $@

clean:
	rm -rf .venv demo
