#!/usr/bin/env bash
# The web app's tests: pure ones as native code, the rest in headless Chromium.
source "$(dirname "$0")/env.sh"

say "web app, native tests"
cargo test --locked -p inkstream-frontend
say "web app, tests in Chromium"
CARGO_TARGET_DIR="$INKSTREAM_TARGET/web" \
  CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER=wasm-bindgen-test-runner CHROMEDRIVER=/usr/bin/chromedriver \
  cargo test --locked -p inkstream-frontend --target wasm32-unknown-unknown
