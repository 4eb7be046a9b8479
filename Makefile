# The two commands are `make up` and `make test`. SITE=FILE names a site file.
.DEFAULT_GOAL := help
SITE ?=
LABS ?=
VENV := .venv
HUBWRIGHT := $(VENV)/bin/hubwright
SITE_OPTION := $(if $(SITE),--site $(SITE))

.PHONY: help up down status validate test test-nix lint bench lock clean

help: ## show this
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

up: venv ## set everything up and start the hub
	@$(HUBWRIGHT) up $(SITE_OPTION)

down: venv ## stop hub and proxy; LABS=1 stops the labs, too
	@$(HUBWRIGHT) down $(SITE_OPTION) $(if $(LABS),--labs)

status: venv ## show what runs
	@$(HUBWRIGHT) status $(SITE_OPTION)

validate: venv ## walk a user's journey on the running hub
	@$(HUBWRIGHT) validate $(SITE_OPTION)

test: dev ## the whole test suite, on real Docker
	@scripts/test

lint: dev ## ruff, mypy, shellcheck
	@scripts/lint

test-nix: dev ## what the flake describes, realised and run
	@$(VENV)/bin/python -m pytest tests/nix

bench: dev ## ours against stock JupyterHub + DockerSpawner, side by side
	@$(VENV)/bin/python -m bench

lock: dev ## pin every version anew
	@scripts/lock

clean: ## remove the virtual environment and what tests left
	@rm -rf $(VENV) .artifacts

.PHONY: venv dev
venv:
	@scripts/bootstrap runtime

dev:
	@scripts/bootstrap dev
