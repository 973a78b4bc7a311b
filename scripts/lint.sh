#!/usr/bin/env bash
# Checks formatting, and runs clippy for the server and for the web app, and shellcheck. Warnings are errors.
source "$(dirname "$0")/env.sh"

say "format"
cargo fmt --all --check
say "shellcheck"
find scripts bench deploy .ci -not -path "*/.venv/*" \( -name '*.sh' -o -path .ci/run \) -print0 | xargs -0 shellcheck
say "clippy, server"
cargo clippy --locked --all-targets -- -D warnings
say "clippy, web app"
CARGO_TARGET_DIR="$INKSTREAM_TARGET/web" \
  cargo clippy --locked -p inkstream-frontend --target wasm32-unknown-unknown --all-targets -- -D warnings
