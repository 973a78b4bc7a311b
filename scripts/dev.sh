#!/usr/bin/env bash
# Runs the server (debug; rebuilt and restarted when its sources change) behind trunk, which rebuilds and reloads the page.
source "$(dirname "$0")/env.sh"

server='' page='' watch=''
stop() {
  for process in $server $page $watch; do kill "$process" 2>/dev/null || true; done
  wait
}
trap stop EXIT
trap 'exit 130' INT TERM

# The new server takes the place of the old one only if it builds.
serve() {
  cargo build -p inkstream || return 0
  cp -u "$PDFIUM_DIR/libpdfium.so" "$INKSTREAM_TARGET/debug/"
  cp -ru "$MODELS_DIR" "$INKSTREAM_TARGET/debug/"
  if [[ -n $server ]]; then
    kill "$server" 2>/dev/null || true
    wait "$server" || true
  fi
  # 8000 is where trunk's proxy (frontend/Trunk.toml) looks.
  PORT=8000 "$INKSTREAM_TARGET/debug/inkstream" serve &
  server=$!
}

serve
say "page with reload on http://127.0.0.1:8080, its /api answered by the server on port 8000"
# A folder of its own: a page that reloads itself is not the one that the server carries.
mkdir -p "$INKSTREAM_TARGET/dev-web"
(cd frontend && CARGO_TARGET_DIR="$INKSTREAM_TARGET/web" NO_COLOR=true exec trunk serve --offline --dist "$INKSTREAM_TARGET/dev-web") &
page=$!
while true; do
  inotifywait --quiet --quiet --recursive --event close_write,create,delete,move \
    backend wire/src migrations Cargo.toml Cargo.lock &
  watch=$!
  wait "$watch"
  say "a source has changed: building the server anew"
  serve
done
