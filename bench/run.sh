#!/usr/bin/env bash
# bench/run.sh [relay|throughput|cpu|first-token|pdf|embedded|idle|sign-in|reading]…: builds release, installs the programs of the comparison, and prints one table.
# Without a section: all of them, some fifteen minutes after the builds, of which reading takes ten. EVENTS_PER_WRITE=n: see bench/README.md.
source "$(dirname "$0")/../scripts/env.sh"

venv=bench/.venv
readers="$venv/reading"
release="$INKSTREAM_TARGET/release"

for program in tesseract python3; do
  have "$program" || die "$program is missing: scripts/setup-system.sh run installs what the product needs"
done
scripts/setup-pdfium.sh
scripts/setup-models.sh

wanted="$(sources_digest bench/{fastapi/requirements,ocrmypdf,reading/requirements,reading/fixtures/requirements}.txt)"
if [[ "$(cat "$venv/.installed" 2>/dev/null)" != "$wanted" ]]; then
  say "fetching FastAPI, openai, pypdfium2, ocrmypdf, RapidOCR, img2table and fonts into $venv (some 700 MB)"
  python3 -m venv "$venv" || die "python3 makes no virtual environment: apt-get install python3-venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r bench/fastapi/requirements.txt
  # Without ocrmypdf the table has one row less.
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r bench/ocrmypdf.txt || say "ocrmypdf cannot be installed"
  # In an environment of their own: their versions of shared packages differ. Without them they are left out of the comparison.
  python3 -m venv "$readers"
  "$readers/bin/pip" install --quiet --disable-pip-version-check -r bench/reading/fixtures/requirements.txt
  "$readers/bin/pip" install --quiet --disable-pip-version-check -r bench/reading/requirements.txt ||
    say "RapidOCR and img2table cannot be installed"
  echo "$wanted" >"$venv/.installed"
fi

say "building release (some minutes when cold)"
cargo build --release --locked -p inkstream -p inkstream-bench
cp -u "$PDFIUM_DIR/libpdfium.so" "$release/"
cp -ru "$MODELS_DIR" "$release/"

exec "$release/inkstream-bench" --server "$release/inkstream" --python "$venv/bin/python" --fastapi bench/fastapi \
  --reading bench/reading --reading-python "$readers/bin/python" --samples ../shared/samples --results bench/results "$@"
