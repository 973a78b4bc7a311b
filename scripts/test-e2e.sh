#!/usr/bin/env bash
# Runs the journeys in Chromium and with OpenAI's client against the real server, and tests the proxy. Screenshots are in e2e/results.
source "$(dirname "$0")/env.sh"

scripts/build-web.sh
scripts/build-server.sh debug
cargo build --locked -p inkstream-testkit --bin scripted-engine
lock="$(sources_digest e2e/package-lock.json)"
if [[ "$(cat e2e/node_modules/.lock 2>/dev/null)" != "$lock" ]]; then
  say "fetching the journeys' packages"
  npm ci --prefix e2e --no-audit --no-fund --loglevel=error
  echo "$lock" >e2e/node_modules/.lock
fi
scripts/setup-openai.sh
say "journeys"
cd e2e && node --test --test-concurrency=1 --test-reporter=spec "${@:-tests/}"
