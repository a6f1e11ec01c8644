# Thin: every target is one line. tools/setup.py makes .venv and .node, and is quick when nothing changed.
PYTHON ?= python3
VENV := .venv/bin/python

.PHONY: setup run test e2e bench lint schema
setup: ; @$(PYTHON) tools/setup.py --dev --frontend
run: ; @$(PYTHON) tools/setup.py --frontend && exec $(VENV) manage.py serve --demo
test: ; @$(PYTHON) tools/setup.py --dev --frontend && exec $(VENV) tools/test.py
e2e: ; @$(PYTHON) tools/setup.py --dev --frontend && exec $(VENV) tools/test.py --only browser
bench: ; @$(PYTHON) tools/setup.py --dev --frontend && exec $(VENV) tools/bench.py
lint: ; @$(PYTHON) tools/setup.py --dev --frontend && exec $(VENV) tools/test.py --only lint
schema: ; @$(PYTHON) tools/setup.py --dev --frontend && $(VENV) manage.py spectacular --validate --file api/schema.yml && PATH="$(CURDIR)/.node/bin:$$PATH" npm --prefix frontend run types
