#!/usr/bin/env bash
# A program of PyPI in releases that are pinned, each in a virtual environment of its own below node_modules/.cache.
# Usage: python-program.sh FOLDER PACKAGE RELEASE...
set -euo pipefail
cache="$(dirname "$0")/../node_modules/.cache/$1"
for release in "${@:3}"; do
  [ -e "$cache/$release/installed" ] && continue
  python3 -m venv --clear "$cache/$release"
  "$cache/$release/bin/pip" install --quiet --disable-pip-version-check "$2==$release"
  touch "$cache/$release/installed"
done
