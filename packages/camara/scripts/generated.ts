// The files that are made from the contract. The SDK has its own copy of the plain types: what it publishes depends on
// no package, and still there is one source.

import { ERRORS } from '../src/errors.js'
import { generateTypes } from './types-from-schemas.js'

export interface GeneratedFile {
  /** From the root of the repository. */
  readonly file: string
  generate(): string
}

const errorCodes = (): string =>
  `/** The codes of CAMARA errors, and two of ours. What each means: docs/reference/errors.md. */\nexport type ErrorCode =\n${Object.keys(
    ERRORS,
  )
    .map((code) => `  | '${code}'\n`)
    .join('')}`

export const GENERATED: readonly GeneratedFile[] = [
  { file: 'packages/camara/src/types.ts', generate: generateTypes },
  { file: 'packages/sdk/src/wire.ts', generate: () => `${generateTypes()}\n${errorCodes()}` },
]
