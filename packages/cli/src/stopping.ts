import { EXIT } from './exit-codes.js'

/** Ends a process that failed to stop. */
export function endWith(error: unknown): never {
  process.stderr.write(`rightofway: stopping failed: ${(error as Error).message}\n`)
  process.exit(EXIT.failed)
}
