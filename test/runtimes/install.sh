#!/usr/bin/env bash
# The runtimes besides Node in which the SDK is tested: their npm packages hold the programs themselves.
set -euo pipefail
cache="$(dirname "$0")/../../node_modules/.cache/runtimes"
mkdir -p "$cache"
[ -e "$cache/package.json" ] || echo '{ "private": true }' >"$cache/package.json"
npm install --prefix "$cache" --no-audit --no-fund --silent deno@2.9.6 bun@1.4.5 workerd@1.20261117.1
touch "$cache/installed"
