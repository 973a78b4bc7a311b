#!/usr/bin/env bash
# Builds the web app into frontend/dist, with .br and .gz beside its files. Does nothing if no source has changed.
source "$(dirname "$0")/env.sh"

stamp="$INKSTREAM_TARGET/web.stamp"
mapfile -t frontend < <(find frontend -mindepth 1 -maxdepth 1 ! -name dist)
sources="$(sources_digest Cargo.toml Cargo.lock wire content scripts/bundle-styles.mjs scripts/precompress.mjs "${frontend[@]}")"
[[ -f frontend/dist/index.html && "$(cat "$stamp" 2>/dev/null)" == "$sources" ]] && exit 0

say "building the web app (a minute when cold)"
rm -f "$stamp"
# trunk works offline, so that it looks for no tools of its own; cargo must have its crates before.
cargo fetch --quiet --locked --target wasm32-unknown-unknown --target "$(rustc --print host-tuple)"
(cd frontend && CARGO_TARGET_DIR="$INKSTREAM_TARGET/web" NO_COLOR=true trunk build --release --offline --locked)
node scripts/bundle-styles.mjs frontend/dist
node scripts/precompress.mjs frontend/dist
echo "$sources" >"$stamp"
