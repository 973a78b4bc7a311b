# What a person types. Each target is one script in scripts/; `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run build test dev bench migration setup setup-test setup-dev web lint test-rust test-web test-e2e test-config fuzz

help: ## This list
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS=$$'\t' read -r name what; do printf '  \033[1m%-12s\033[0m %s\n' "$$name" "$$what"; done

run: build ## Build what has changed and serve on http://127.0.0.1:8000
	@exec "$${CARGO_TARGET_DIR:-target}/release/inkstream" serve

build: setup web ## The whole product: target/release/inkstream, with libpdfium.so and the models beside it
	@scripts/build-server.sh release

test: setup-test lint test-rust test-web test-e2e test-config ## Everything that CI checks
	@echo "==> all checks passed"

dev: setup-dev ## Server and page, built anew when a source changes, on http://127.0.0.1:8080
	@exec scripts/dev.sh

bench: build ## A table of ratios against what others reach on this machine
	@exec bench/run.sh

migration: ## NAME=add_x: empty migrations with the next number, for both databases
	@scripts/new-migration.sh "$(NAME)"

setup: ## System packages, PDFium and the web tools that are missing
	@scripts/setup-system.sh run
	@scripts/setup-pdfium.sh
	@scripts/setup-models.sh
	@scripts/setup-web-tools.sh

setup-test: ## The same, with what the tests need
	@scripts/setup-system.sh test
	@scripts/setup-pdfium.sh
	@scripts/setup-models.sh
	@scripts/setup-web-tools.sh

setup-dev: setup
	@scripts/setup-system.sh dev

web: ## The web app into frontend/dist
	@scripts/build-web.sh

lint: ## Format, clippy, shellcheck
	@scripts/lint.sh

test-rust: ## The server's tests
	@scripts/test-rust.sh

test-web: ## The web app's tests
	@scripts/test-web.sh

test-e2e: ## Journeys in Chromium, and the proxy
	@scripts/test-e2e.sh

test-config: ## Prometheus, compose, settings
	@scripts/test-config.sh

fuzz: ## A minute of hostile model answers; needs nightly Rust, and is no part of test
	@scripts/fuzz.sh
