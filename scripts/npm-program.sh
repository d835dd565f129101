#!/usr/bin/env bash
# Programs of npm that only tests need, in releases that are pinned, into node_modules/.cache.
# Usage: npm-program.sh FOLDER PACKAGE@RELEASE...
set -euo pipefail
cache="$(dirname "$0")/../node_modules/.cache/$1"
mkdir -p "$cache"
[ -e "$cache/package.json" ] || echo '{ "private": true }' >"$cache/package.json"
npm install --prefix "$cache" --no-audit --no-fund --silent "${@:2}"
touch "$cache/installed"
