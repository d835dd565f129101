// Writes the plain interfaces of the contract (types.test.ts fails while the file is not what this prints).

import { writeFileSync } from 'node:fs'
import { generateTypes } from './types-from-schemas.js'

writeFileSync(new URL('../src/types.ts', import.meta.url), generateTypes())
