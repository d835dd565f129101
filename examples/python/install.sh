#!/usr/bin/env bash
# Nokia's Python client in the releases that are tested, each in a virtual environment of its own.
set -euo pipefail
cache="$(dirname "$0")/../../node_modules/.cache/nokia-python"
for release in 3.0.1 6.1.0 8.0.0 10.0.0; do
  [ -e "$cache/$release/installed" ] && continue
  python3 -m venv --clear "$cache/$release"
  "$cache/$release/bin/pip" install --quiet --disable-pip-version-check "network-as-code==$release"
  touch "$cache/$release/installed"
done
