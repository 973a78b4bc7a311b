#!/usr/bin/env bash
# build-server.sh release|debug: builds the binary and puts libpdfium.so and the models beside it, so that the folder is the whole product.
source "$(dirname "$0")/env.sh"

profile="${1:-release}"
flags=(--locked -p inkstream)
[[ $profile == release ]] && flags+=(--release)
[[ -x $INKSTREAM_TARGET/$profile/inkstream ]] || say "building the server ($profile; some minutes when cold)"
cargo build "${flags[@]}"
cp -u "$PDFIUM_DIR/libpdfium.so" "$INKSTREAM_TARGET/$profile/"
cp -ru "$MODELS_DIR" "$INKSTREAM_TARGET/$profile/"
