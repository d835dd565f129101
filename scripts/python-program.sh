#!/usr/bin/env bash
# A program of PyPI in releases that are pinned, each in a virtual environment of its own below node_modules/.cache.
# Usage: python-program.sh FOLDER PACKAGE RELEASE... [-- REQUIREMENT...]
# Requirements are installed beside each release.
set -euo pipefail
cache="$(dirname "$0")/../node_modules/.cache/$1"
package="$2"
shift 2
releases=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  releases+=("$1")
  shift
done
[ $# -gt 0 ] && shift
for release in "${releases[@]}"; do
  [ -e "$cache/$release/installed" ] && continue
  python3 -m venv --clear "$cache/$release"
  "$cache/$release/bin/pip" install --quiet --disable-pip-version-check "$package==$release" "$@"
  touch "$cache/$release/installed"
done
