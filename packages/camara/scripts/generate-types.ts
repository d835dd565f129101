// Writes the plain types of the contract (src/types.test.ts fails while a file is not what this prints).

import { writeFileSync } from 'node:fs'
import { GENERATED } from './generated.js'

for (const { file, generate } of GENERATED) writeFileSync(new URL(`../../../${file}`, import.meta.url), generate())
