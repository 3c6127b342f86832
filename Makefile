# make alone lists the targets. Nothing here needs more than Go, a shell and, for tests, redis-server.
GO     ?= go
SHARED ?= ../shared
# how long each fuzz target runs: 30s here, 10m at night
FUZZTIME ?= 30s
LINT   := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

.PHONY: help run build test web built screenshots check format vet lint fuzz bench chaos telegram storm eval simulate redis chromium shared

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS='	' read -r name what; do printf '  make %-12s %s\n' "$$name" "$$what"; done

run: build ## try it: a helpdesk on a chat page, until Ctrl-C
	@./xianda demo

build: ## build ./xianda
	$(GO) build -trimpath -o xianda ./cmd/xianda

test: redis chromium built format vet ## everything that CI runs: all tests with the race detector, short fault tests among them
	$(GO) test -race -timeout 30m ./...

web: ## build the chat page's front end (needs Node and npm)
	@command -v npm >/dev/null || { echo "npm is missing: the front end in adapters/web/ui is built with Node 20 or newer and npm (apt-get install nodejs npm)"; exit 1; }
	cd adapters/web/ui && npm ci --no-audit --no-fund && npm run build

# What is committed must be what the sources are built to: Go builds take it as it stands, without Node.
built:
	@was=$$(mktemp -d) && trap 'rm -rf "$$was"' EXIT && cp adapters/web/static/* "$$was" && $(MAKE) --no-print-directory web && \
	diff -r "$$was" adapters/web/static || { echo "adapters/web/static is not what adapters/web/ui is built to: commit what make web writes"; exit 1; }

screenshots: chromium ## take the pictures of the chat page in docs/
	XIANDA_SCREENSHOTS=$(CURDIR)/docs $(GO) test -count=1 -run '^TestScreenshots$$' ./cmd/xianda

check: format vet lint ## format, vet, lint, laws, fast tests
	$(GO) test -short ./...

format:
	@bad=$$(gofmt -l .); test -z "$$bad" || { echo "gofmt would change:"; echo "$$bad"; exit 1; }

vet:
	$(GO) vet ./...

lint:
	$(GO) run $(LINT) run

# Each is tried twice, because before Go 1.27 a run may fail at its very end with nothing but "context deadline exceeded" (golang/go#75804).
# What a target truly fails on is kept in testdata/fuzz, and fails the second time too.
fuzz: ## fuzz every decoder for FUZZTIME (30s) each
	@set -e; grep -rl --include='*_test.go' '^func Fuzz' . | while read -r file; do \
		for name in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9]*\)(.*/\1/p' "$$file"); do \
			echo "$$(dirname "$$file") $$name"; \
			try() { $(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) "$$(dirname "$$file")" </dev/null; }; try || try; \
		done; \
	done

bench: shared redis ## measure (SHARED=../shared has the load generator and the yardstick)
	SHARED=$(abspath $(SHARED)) $(GO) test -run '^$$' -bench 'Limit|Scripts|Local|Start' -benchtime 1x -timeout 60m ./cmd/xianda
	$(GO) test -run '^$$' -bench '^BenchmarkFind$$' -benchtime 1000x ./kb

chaos: redis ## fault tests at full length: kill -9 at random moments, failovers
	XIANDA_CHAOS=full $(GO) test -count=1 -timeout 120m -v -run '^TestP[0-9]' ./cmd/xianda

telegram: ## talk to the program as a person does, by a Bot API emulator that others wrote (needs Node and npm)
	@command -v npm >/dev/null || { echo "npm is missing: the emulator telegram-test-api runs on Node 20 or newer (apt-get install nodejs npm)"; exit 1; }
	@at=$$(mktemp -d) && trap 'rm -rf "$$at"' EXIT && (cd "$$at" && npm init -y >/dev/null && npm install --no-audit --no-fund telegram-test-api@4.2.1) && \
	XIANDA_TELEGRAM=$$at $(GO) test -tags outside -count=1 -v -run '^TestOutsideTelegram$$' ./cmd/xianda

storm: redis ## 100,000 messages on every channel at once, with re-deliveries, faults and restarts of two processes
	XIANDA_STORM=100000 $(GO) test -count=1 -timeout 60m -v -run '^TestStorm$$' ./cmd/xianda

eval: shared ## ranking against public data (SHARED=../shared has it)
	SHARED=$(abspath $(SHARED)) $(GO) test -run '^$$' -bench '^BenchmarkEval' -benchtime 1x -timeout 60m ./cmd/xianda

simulate: shared ## let 5,000 people come to a house that knows nothing (SHARED=../shared has what they want)
	SHARED=$(abspath $(SHARED)) $(GO) test -run '^$$' -bench '^BenchmarkSimulate' -benchtime 1x -timeout 60m ./cmd/xianda

shared:
	@test -d "$(SHARED)/tools" || { echo "SHARED=$(SHARED) is not there: it holds the load generator, the simulator and the data. Name it: make $(MAKECMDGOALS) SHARED=/path/to/shared"; exit 1; }

redis:
	@command -v redis-server >/dev/null && exit 0; \
	echo "redis-server is missing, the tests of the Redis store start their own: installing it with apt-get"; \
	if [ "$$(id -u)" = 0 ]; then sudo=; elif command -v sudo >/dev/null; then sudo=sudo; \
	else echo "that needs root or sudo: apt-get install redis-server"; exit 1; fi; \
	$$sudo apt-get update && $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends redis-server

chromium:
	@command -v chromium >/dev/null && fc-list :lang=zh family 2>/dev/null | grep -q . && exit 0; \
	echo "chromium (and a Chinese font) is missing, the tests of the web page drive it: installing it with apt-get"; \
	if [ "$$(id -u)" = 0 ]; then sudo=; elif command -v sudo >/dev/null; then sudo=sudo; \
	else echo "that needs root or sudo: apt-get install chromium fonts-noto-cjk"; exit 1; fi; \
	$$sudo apt-get update && $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium fonts-noto-cjk fontconfig
