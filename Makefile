# What people type. `make` alone lists it; CONTRIBUTING.md explains it.

SHELL := /bin/bash
.DEFAULT_GOAL := help

GO ?= go
PYTHON ?= python3
BINARY := bin/hearth
VERSION ?= $(shell git -c safe.directory='*' describe --tags --always --dirty 2>/dev/null || echo unknown)

# Where `make serve` listens and keeps its state.
LISTEN ?= 127.0.0.1:8998
DATA ?= bin/data

# How often the stress tests repeat what they do: 1 is a proof, `make full` insists.
STRESS ?= 1

# Pinned tools; none of them reaches go.mod or the binary.
GOLANGCI_LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

export GO PYTHON STRESS

.PHONY: help build demo serve test full race lint gen verify bench cross clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

build: ## build bin/hearth
	$(GO) build -buildvcs=false -trimpath -ldflags '-X main.version=$(VERSION)' -o $(BINARY) ./cmd/hearth

demo: build ## run real Spark through an unmodified client, from nothing
	@scripts/demo.sh

serve: build ## start a server here
	$(BINARY) serve -listen $(LISTEN) -data $(DATA)

test: build ## everything CI runs: units, clients, real Spark
	@scripts/test.sh

full: build ## before a release: every runtime, stress, long clients
	@STRESS=$$(( $(STRESS) > 1 ? $(STRESS) : 10 )) scripts/test.sh full

race: ## unit tests under the race detector, many times, shuffled
	$(GO) test -race -shuffle=on -count=5 ./...

lint: ## the linters of .golangci.yml
	$(GO) run $(GOLANGCI_LINT) run --build-tags e2e ./...

gen: ## write the generated files again
	$(GO) generate ./...

verify: gen ## generated files are what the generators write
	git diff --exit-code

bench: build ## ratios against plain pyspark, on this machine, now
	@scripts/bench.sh

cross: ## builds and vets for the systems we do not run on
	@for target in darwin/amd64 darwin/arm64 linux/arm64; do \
		echo "== $$target"; \
		CGO_ENABLED=0 GOOS=$${target%/*} GOARCH=$${target#*/} $(GO) build -buildvcs=false -o /dev/null ./cmd/hearth && \
		CGO_ENABLED=0 GOOS=$${target%/*} GOARCH=$${target#*/} $(GO) vet ./... || exit 1; \
	done

clean: ## forget what was built here; caches stay
	rm -rf bin
