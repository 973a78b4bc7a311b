#!/usr/bin/env bash
# Installs OpenAI's Python client for the journeys into a virtual environment below the target folder, unless it is there.
source "$(dirname "$0")/env.sh"

venv="$INKSTREAM_TARGET/openai-client"
wanted="$(sources_digest e2e/openai/requirements.txt)"
[[ "$(cat "$venv/.installed" 2>/dev/null)" == "$wanted" ]] && exit 0

say "fetching OpenAI's client from PyPI"
/usr/bin/python3 -m venv --clear "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --requirement e2e/openai/requirements.txt
echo "$wanted" >"$venv/.installed"
