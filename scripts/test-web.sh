#!/usr/bin/env bash
# Runs the web app's tests: those without a browser as native code, the others in headless Chromium.
source "$(dirname "$0")/env.sh"

say "web app, native tests"
cargo test --locked -p inkstream-frontend
say "web app, tests in Chromium"
CARGO_TARGET_DIR="$INKSTREAM_TARGET/web" \
  CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER=wasm-bindgen-test-runner CHROMEDRIVER=/usr/bin/chromedriver \
  cargo test --locked -p inkstream-frontend --target wasm32-unknown-unknown
