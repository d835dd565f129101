// Writes the pages that are made from the code: `npm run docs`. test/docs.test.ts fails while one is out of date.

import { writeFileSync } from 'node:fs'
import { GENERATED } from './docs/index.js'

for (const { file, generate } of GENERATED) {
  writeFileSync(new URL(`../${file}`, import.meta.url), await generate())
  process.stdout.write(`${file}\n`)
}
