// `npm run fuzz:contract`: `-- --examples 100 --seed 1 --phases fuzzing --only admin`.

import { parseArgs } from 'node:util'
import { DOCUMENTS, fuzz } from './fuzz.js'

const { values } = parseArgs({
  options: {
    phases: { type: 'string' },
    examples: { type: 'string', default: '100' },
    seed: { type: 'string' },
    only: { type: 'string' },
  },
})
const examples = Number(values.examples)
const seed = Number(values.seed ?? Date.now() % 2 ** 31)
for (const document of DOCUMENTS.filter(({ name }) => name.includes(values.only ?? ''))) {
  const started = performance.now()
  const found = await fuzz(document, { examples, seed, ...(values.phases && { phases: values.phases }) })
  const seconds = Math.round((performance.now() - started) / 1_000)
  process.stdout.write(
    `${found ?? ''}${document.name} [seed ${seed}]: ${found ? 'FAILED' : 'holds'} after ${seconds} s\n`,
  )
  if (found !== undefined) process.exitCode = 1
}
