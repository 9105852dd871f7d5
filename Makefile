# Two commands for a newcomer: `make demo` and `make test`.  All that they fetch and make is in .local.
PYTHON ?= python3
SETUP := $(PYTHON) -B docker/setup
ARGS ?=
CORPUS ?= data/statements
HISTORY ?= data/payment_history.csv
COUNT ?= 20000
export PORT ODOO_HOME

.PHONY: help demo demo-reset test lint corpus fuzz score odoo bench translations screenshots lock

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

corpus: ## read the bank files of a folder, compare with golden results: make corpus CORPUS=folder (WRITE=1 keeps them)
	@$(SETUP) corpus "$(CORPUS)" $(if $(WRITE),--write)

fuzz: ## damage the sample bank files in COUNT=20000 ways and read each
	@$(SETUP) fuzz $(COUNT) $(SEED)

score: ## predict late payment on a payment history, next to naive ways: make score HISTORY=file.csv
	@$(SETUP) score "$(HISTORY)"

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
