import { EXIT } from './exit-codes.js'

/** Ends a process that could not stop as it should have. */
export function endWith(error: unknown): never {
  process.stderr.write(`rightofway: stopping failed: ${(error as Error).message}\n`)
  process.exit(EXIT.failed)
}
