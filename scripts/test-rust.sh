#!/usr/bin/env bash
# Runs the tests of every crate but the web app, on SQLite and on a PostgreSQL cluster that they start themselves.
source "$(dirname "$0")/env.sh"

say "cargo test"
cargo test --locked "$@"
