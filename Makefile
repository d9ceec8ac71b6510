.PHONY: check test reproduce format pins

check:
	python -m uv run ruff check .
	python -m uv run ruff format --check .
	python -m uv run mypy
	python -m uv run lint-imports
	python -m uv run codespell
	python -m uv run python tools/pins.py --check
	python -m uv run pytest

test:
	python -m uv run pytest

reproduce:
	python -m uv run yrdecon reproduce

format:
	python -m uv run ruff check --fix .
	python -m uv run ruff format .

pins:
	python tools/pins.py
