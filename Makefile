# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later

SHELL := bash
MAKEFLAGS += --no-print-directory
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/collections
export PYTHONPATH := $(CURDIR)/collections:$(CURDIR)/tests:$(CURDIR)/tools

# Tests that are not compiled again in each process of pytest begin four seconds earlier.
export PYTHONDONTWRITEBYTECODE :=

VERSION ?= 3.1
PORT ?= 2283

tools := tools
stage := $(tools)/stage.sh
linters := lint-ruff lint-format lint-mypy lint-imports lint-yaml lint-spelling lint-ansible lint-shell lint-licences lint-docs lint-changelog lint-github
.PHONY: help setup packages packages-check server demo unit test fast check rest slow check-matrix pytest chaos sweep fuzz lint $(linters) sanity integration importer bench scale mutants build lock docs generate sentences pictures real image release house budget record coverage
.DEFAULT_GOAL := help

help:  ## this list
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  make \1\t\2/p' Makefile | expand -t 22

setup:  ## the development environment (.venv, collections)
	@$(tools)/setup.sh

packages:
	@$(tools)/packages.sh

packages-check:
	@$(tools)/packages.sh check

server: setup  ## the embedded server in the foreground (VERSION=3.1 PORT=2283)
	@exec python -m immich_emulator --version $(VERSION) --port $(PORT)

demo: setup  ## the main job on generated photos and the embedded server, or on your own (IMMICH_URL=… IMMICH_API_KEY=… SRC=…)
	@exec python -m demo

unit: setup  ## pure logic; needs Python and nothing else: half a minute on two cores
	@python -m pytest --quiet -n auto tests/unit

test: setup packages  ## linters, all that needs no other program, and whether each role works: 8 minutes
	@$(MAKE) -j2 --keep-going fast lint

fast: setup packages
	@python -m pytest --quiet -n auto -m 'not check or smoke'

check:  ## all on the newest ansible-core, a third of the longest tests each day: half an hour (PART='docs queues' for some parts, PART=changed for those of your changes)
ifdef PART
	@PYTHONPATH=tests python3 -m support.parts run $(PART)
else
	@PYTHONPATH=tests python3 -m support.parts changed
	@$(MAKE) test
	@$(MAKE) rest
endif

# What `check` has beyond `test`. The other stages run one after the other beside `slow`, whose tests wait a fifth of the time.
rest: setup packages-check
	@$(MAKE) -j2 --keep-going slow sanity integration importer docs

slow: setup packages-check
	@HYPOTHESIS_PROFILE=thorough LONG_TESTS_OF=$${LONG_TESTS_OF:-$$(date --utc +%F)} python -m pytest --quiet -n auto -m 'check and not smoke'

check-matrix: setup packages-check  ## sanity, plugin and e2e tests on the supported older cores: 9 minutes (CORE=2.18 for all of them on one)
	@$(tools)/checks/matrix.sh $(CORE)

chaos: setup packages-check  ## what happens when something dies: the table, on ansible-core 2.16 and 2.21, local and ssh (ARGS=ctrl_c for one row)
	@$(tools)/checks/chaos.sh $(ARGS)

sweep: setup  ## each request and local call of each verb fails once, and each durable step may be its last (ARGS='-k upload')
	@SWEEP_WIDTH=1 python -m pytest --quiet -n auto tests/sweep $(ARGS)

fuzz: setup  ## readers of what others wrote, with inputs that are other ones each time (MINUTES=60 for each; ARGS='zip takeout')
	@python -m fuzz --minutes $(or $(MINUTES),1) $(ARGS)

pytest: setup  ## chosen tests (ARGS='tests/behaviour/queues -k resume'; --lf for those that failed last)
	@python -m pytest --quiet -n auto $(ARGS)

record: setup packages-check  ## the test of each defect that docs/defects.yml lists
	@python -m pytest --quiet -n auto $$(python -m documentation.defects tests)

lint: $(linters)  ## the linters

lint-ruff: setup
	@$(stage) ruff ruff check .

lint-format: setup
	@$(stage) 'ruff format' ruff format --check .

lint-mypy: setup
	@PYTHONPATH= $(stage) 'mypy plugins' mypy -p ansible_collections.photoyard.immich.plugins
	@PYTHONPATH= $(stage) 'mypy extensions' mypy extensions
	@PYTHONPATH= $(stage) 'mypy tests' mypy tests tools

lint-imports: setup
	@$(stage) import-linter lint-imports --no-cache

lint-yaml: setup
	@$(stage) yamllint yamllint --strict .

lint-spelling: setup
	@$(stage) codespell $(tools)/checks/spelling.sh

lint-ansible: setup
	@$(tools)/checks/awx_collection.sh
	@ANSIBLE_COLLECTIONS_PATH=$(ANSIBLE_COLLECTIONS_PATH):$(CURDIR)/.cache/awx $(stage) ansible-lint ansible-lint --offline --profile production

lint-shell: packages
	@$(stage) shellcheck shellcheck --external-sources --source-path=SCRIPTDIR .ci/run $(tools)/*.sh $(tools)/*/*.sh

lint-licences: setup
	@$(stage) reuse reuse lint

lint-docs: setup
	@$(stage) 'antsibull-docs lint' antsibull-docs lint-collection-docs --plugin-docs --skip-rstcheck .

lint-changelog: setup
	@$(stage) 'changelog lint' antsibull-changelog lint

lint-github: setup
	@$(stage) 'workflows and bots' $(tools)/checks/lint_github.sh

sanity: setup  ## ansible-test sanity on the built artifact
	@$(stage) 'ansible-test sanity' $(tools)/checks/ansible_test.sh $(CURDIR)/.venv sanity --color no

integration: setup  ## ansible-test integration, on the embedded server or the one that IMMICH_URL and the keys name (CORE=2.16)
	@CORE=$(CORE) $(stage) 'ansible-test integration' $(tools)/checks/with_server.sh $(tools)/checks/integration.sh

real: setup packages-check  ## integration and chaos on a real Immich in containers, which Docker starts and removes again (IMMICH=3.1.0 CORE=2.16)
	@CORE=$(CORE) $(tools)/immich/with_immich.sh "$(IMMICH)" $(tools)/immich/real.sh

image: setup packages-check  ## a container image with the collection, and an upload in it, with Docker (KIND=execution-environment PUBLISH=1.2.0)
	@$(tools)/images/image.sh '$(KIND)' '$(PUBLISH)'

importer: setup  ## what Galaxy says to the built artifact
	@$(stage) 'galaxy-importer' $(tools)/checks/importer.sh

generate: setup  ## what is repeated elsewhere: options in roles, the guides on Galaxy, pages made of lists, the parts in CONTRIBUTING
	@python -m documentation.roles
	@python -m documentation.contents
	@python -m documentation.requirements
	@python -m documentation.defects
	@python -m support.parts table

sentences: setup  ## the sentences that tests/plugins hold, after a change of wording: look at what git diff shows then
	@$(tools)/checks/sentences.sh

pictures: setup  ## the pictures in the documentation, with chromium
	@python -m pictures.draw

bench: setup  ## benchmarks against Immich's own client, and the immich-go that IMMICH_GO names; ARGS=--help tells the options
	@python -m benchmarks $(ARGS)

scale: setup  ## what a library of ten times as many photos takes, with nothing to do; fails if that grows faster (ARGS='--sizes 10000 100000')
	@python -m scale $(ARGS)

house: setup  ## the size of the collection, its uses of ansible-core's insides, names that it has twice, and its ways (TREE=../before for what can be counted in another checkout)
	@python -m house $(TREE)

budget: setup  ## requests, bytes, files, memory and processes of eight standard runs, compared with tools/budget/numbers.yml (WRITE=1 writes it; INSTRUCTIONS=1 counts these too; ARGS=copy-hundred for one)
	@python -m budget $(if $(WRITE),--write) $(if $(INSTRUCTIONS),--instructions) $(ARGS)

coverage: setup packages  ## which lines of plugins/ the tests of `make test` run (ARGS='-m check tests/plugins' for others)
	@python -m line_coverage $(ARGS)

mutants: setup  ## whether the tests notice wrong lines that are put into the plugins at random (ARGS='--count 100 --seed 1')
	@python -m mutants $(ARGS)

build: setup  ## the artifact for Galaxy
	@$(tools)/build.sh $(CURDIR)

release: setup packages-check  ## a release from this checkout (VERSION=1.2.0; DRY_RUN=1 only tells what would be published)
	@$(tools)/release/release.sh '$(VERSION)' '$(DRY_RUN)'

docs:  ## the documentation as a web site, in docs/build; its links are checked
	@$(tools)/checks/docs.sh environment
	@$(stage) 'docs' $(tools)/checks/docs.sh
	@echo 'To read it: file://$(CURDIR)/docs/build/index.html'

lock: setup  ## newest versions into requirements/*.txt
	@$(tools)/lock.sh
