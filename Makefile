# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later

SHELL := bash
MAKEFLAGS += --no-print-directory
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/.tree
export PYTHONPATH := $(CURDIR)/.tree:$(CURDIR)/tests

VERSION ?= 3.1
PORT ?= 2283
stage := tests/tools/stage.sh

.DEFAULT_GOAL := help

help:  ## this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 22

setup:  ## the development environment (.venv, .tree)
	@tests/tools/setup.sh

packages:
	@tests/tools/packages.sh

server: setup  ## the embedded server in the foreground: VERSION=3.1 PORT=2283
	@exec python -m immich_emulator --version $(VERSION) --port $(PORT)

lint: lint-ruff lint-format lint-mypy lint-yaml lint-ansible lint-shell lint-licences lint-docs lint-changelog  ## the linters

lint-ruff: setup
	@$(stage) ruff ruff check .

lint-format: setup
	@$(stage) 'ruff format' ruff format --check .

lint-mypy: setup
	@$(stage) 'mypy plugins' mypy -p ansible_collections.selfhosted.immich.plugins
	@$(stage) 'mypy tests' mypy tests

lint-yaml: setup
	@$(stage) yamllint yamllint --strict .

lint-ansible: setup
	@$(stage) ansible-lint ansible-lint --offline --profile production

lint-shell: packages
	@$(stage) shellcheck shellcheck -x -P tests/tools .ci/run tests/tools/*.sh

lint-licences: setup
	@$(stage) reuse reuse lint

lint-docs: setup
	@$(stage) 'antsibull-docs lint' antsibull-docs lint-collection-docs --plugin-docs --skip-rstcheck .

lint-changelog: setup
	@$(stage) 'changelog lint' antsibull-changelog lint

.PHONY: help setup packages server lint $(filter lint-%,$(MAKECMDGOALS))
