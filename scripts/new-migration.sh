#!/usr/bin/env bash
# new-migration.sh NAME: creates the up and down files with the next number, for both databases. Released migrations are never
# edited; a change is a new migration.
source "$(dirname "$0")/env.sh"

name="${1:-}"
[[ $name =~ ^[a-z][a-z0-9_]*$ ]] || die "usage: make migration NAME=add_something (a-z, 0-9, _)"

last="$(find migrations -name '[0-9]*.sql' -printf '%f\n' | cut -d_ -f1 | sort -n | tail -1)"
number="$(printf '%04d' $((10#${last:-0} + 1)))"
for database in sqlite postgres; do
  for direction in up down; do
    file="migrations/$database/${number}_$name.$direction.sql"
    echo "-- ${name//_/ } ($direction)" >"$file"
    echo "$file"
  done
done
