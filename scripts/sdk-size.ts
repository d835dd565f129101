// npm run size: what the SDK adds to an application that bundles all of it, and a failure where that is too much.

import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

/**
 * 700 of them sign assertions, by which operators know a client (CAMARA r4.2), and 830 are assignments with their events
 * (qos-provisioning).
 */
const LIMIT_BYTES = 12_400

const { outputFiles } = await build({
  entryPoints: [fileURLToPath(new URL('../packages/sdk/src/index.ts', import.meta.url))],
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  write: false,
})
const [bundle] = outputFiles
if (bundle === undefined) throw new Error('nothing was built')
const bytes = gzipSync(bundle.contents, { level: 9 }).length
process.stdout.write(`the SDK: ${bytes} bytes, minified and gzipped (at most ${LIMIT_BYTES})\n`)
if (bytes > LIMIT_BYTES) process.exitCode = 1
