#!/usr/bin/env bash
# fuzz.sh [SECONDS]: feeds hostile answers to the parser of grounding tags with libFuzzer, for a minute by default. It needs nightly
# Rust: without it the target is only type-checked, and the exit status tells that nothing was fuzzed.
source "$(dirname "$0")/env.sh"

CARGO_FUZZ_VERSION=0.13.1
seconds="${1:-60}"
target="$INKSTREAM_TARGET/fuzz"

cd backend/engines/fuzz
# Asked for by name, rustup would install it.
if ! have rustup || ! rustup toolchain list | grep -q '^nightly'; then
  say "type-checking the fuzz target"
  cargo check --quiet --target-dir "$target"
  die "nothing was fuzzed: that needs nightly Rust (rustup toolchain install nightly --profile minimal)"
fi
if [[ "$(cargo-fuzz --version 2>/dev/null)" != *" $CARGO_FUZZ_VERSION" ]]; then
  say "building cargo-fuzz $CARGO_FUZZ_VERSION (about two minutes)"
  CARGO_PROFILE_DEV_DEBUG=0 CARGO_TARGET_DIR="$INKSTREAM_CACHE/build" \
    cargo install --quiet --debug --force --locked --root "$INKSTREAM_CACHE" cargo-fuzz --version "$CARGO_FUZZ_VERSION"
fi
say "fuzzing the reader of grounding tags for $seconds s"
cargo +nightly fuzz run --fuzz-dir . --target-dir "$target" grounding -- -max_total_time="$seconds"
