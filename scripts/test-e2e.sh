#!/usr/bin/env bash
# Journeys in Chromium against the real server and engine, and the proxy in front of it. Screenshots: e2e/results.
source "$(dirname "$0")/env.sh"

scripts/build-web.sh
scripts/build-server.sh debug
lock="$(sources_digest e2e/package-lock.json)"
if [[ "$(cat e2e/node_modules/.lock 2>/dev/null)" != "$lock" ]]; then
  say "fetching the journeys' packages"
  npm ci --prefix e2e --no-audit --no-fund --loglevel=error
  echo "$lock" >e2e/node_modules/.lock
fi
say "journeys"
cd e2e && node --test --test-concurrency=1 --test-reporter=spec "${@:-tests/}"
