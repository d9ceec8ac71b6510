# `make RUN= check` uses the tools of an activated environment
RUN ?= python -m uv run

.PHONY: check test reproduce certificate docs format pins

check:
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy
	$(RUN) lint-imports
	$(RUN) codespell
	$(RUN) python tools/pins.py --check
	$(RUN) pytest

test:
	$(RUN) pytest

reproduce:
	$(RUN) yrdecon reproduce

certificate:
	$(RUN) python -m benchmarks.certificate

docs:
	$(if $(RUN),$(RUN) --group docs) python -m sphinx -W --keep-going -q docs docs/_build/html

format:
	$(RUN) ruff check --fix .
	$(RUN) ruff format .

pins:
	python tools/pins.py
