#!/usr/bin/env bash
# Fetches PDFium from the pypdfium2 wheel, by version and sha256. The server loads it at run time; nothing links it.
source "$(dirname "$0")/env.sh"

[[ -f $PDFIUM_DIR/libpdfium.so ]] && exit 0
[[ $(uname -sm) == "Linux x86_64" ]] || die "PDFium is pinned for Linux on x86_64; this is $(uname -sm)"

say "fetching PDFium (pypdfium2 $PDFIUM_VERSION, 4 MB)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
echo "pypdfium2==$PDFIUM_VERSION --hash=sha256:$PDFIUM_SHA256" >"$work/requirements.txt"
pip3 download --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary :all: \
  --platform manylinux2014_x86_64 --dest "$work" -r "$work/requirements.txt"
unzip -q "$work"/*.whl 'pypdfium2_raw/libpdfium.so' '*.dist-info/licenses/*' -d "$work"
mkdir -p "$PDFIUM_DIR"
cp -r "$work"/*.dist-info/licenses "$PDFIUM_DIR/"
# The library comes last: its presence means that all is there.
mv "$work/pypdfium2_raw/libpdfium.so" "$PDFIUM_DIR/"
