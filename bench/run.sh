#!/usr/bin/env bash
# bench/run.sh [relay|throughput|cpu|first-token|pdf|embedded|idle|sign-in]…: builds release, installs the programs of the comparison, and prints one table.
# Without a section: all of them, some five minutes after the builds. EVENTS_PER_WRITE=n: see bench/README.md.
source "$(dirname "$0")/../scripts/env.sh"

venv=bench/.venv
release="$INKSTREAM_TARGET/release"

for program in tesseract python3; do
  have "$program" || die "$program is missing: scripts/setup-system.sh run installs what the product needs"
done
scripts/setup-pdfium.sh

wanted="$(sources_digest bench/fastapi/requirements.txt bench/ocrmypdf.txt)"
if [[ "$(cat "$venv/.installed" 2>/dev/null)" != "$wanted" ]]; then
  say "fetching FastAPI, openai, pypdfium2 and ocrmypdf into $venv"
  python3 -m venv "$venv" || die "python3 makes no virtual environment: apt-get install python3-venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r bench/fastapi/requirements.txt
  # Without ocrmypdf the table has one row less.
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r bench/ocrmypdf.txt || say "ocrmypdf cannot be installed"
  echo "$wanted" >"$venv/.installed"
fi

say "building release (some minutes when cold)"
cargo build --release --locked -p inkstream -p inkstream-bench
cp -u "$PDFIUM_DIR/libpdfium.so" "$release/"

exec "$release/inkstream-bench" --server "$release/inkstream" --python "$venv/bin/python" --fastapi bench/fastapi \
  --results bench/results "$@"
