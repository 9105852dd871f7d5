# Two commands for a newcomer: `make demo` and `make test`.  All that they fetch and make is in .local.
PYTHON ?= python3
SETUP := $(PYTHON) -B docker/setup
ARGS ?=
export PORT ODOO_HOME

.PHONY: help demo demo-reset test lint odoo bench translations screenshots lock

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 22

demo: ## Odoo 19 with the addons and their demo company at localhost:8069 (PORT=… for another)
	@$(SETUP) demo

demo-reset: ## remove the demo database
	@$(SETUP) demo-reset

test: ## every test; ARGS="ar_portal -k access" runs some of those inside Odoo
	@$(SETUP) test $(ARGS)

lint: ## every linter
	@$(SETUP) lint

odoo: ## Odoo's own command line: make odoo ARGS="shell -d demo"
	@$(SETUP) odoo $(ARGS)

bench: ## benchmarks, as ratios measured side by side
	@$(SETUP) bench $(ARGS)

translations: ## write the translations' templates anew and bring the languages up to them
	@$(SETUP) translations

screenshots: ## take README's pictures anew from the running demo
	@$(SETUP) screenshots

lock: ## compile the locks of the Python packages anew
	@$(SETUP) lock
