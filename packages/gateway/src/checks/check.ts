// The checks of an installation. The start and `rightofway doctor` run the same ones: what ends a start cannot pass the
// doctor.

import type { Logger } from 'pino'
import type { Config } from '../config/schema.js'
import type { Finding } from './finding.js'
import type { SettingsGiven } from './secrets.js'

/** What is checked. */
export interface Installation {
  readonly config: Config
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Where its settings came from. Default: not known. */
  readonly given?: SettingsGiven | undefined
}

export interface Check {
  /** What it looks at: `data folder`. */
  readonly name: string
  /**
   * Looks, and changes nothing.
   * @returns what it found. A problem among it does not keep the gateway from starting
   * @throws {Error} what ends the start; the message says what to do
   */
  look(installation: Installation): Finding | readonly Finding[] | Promise<Finding | readonly Finding[]>
}

/** Runs all checks, for people: what ends a start is a problem like the others. */
export async function examine(checks: readonly Check[], installation: Installation): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const { name, look } of checks) {
    try {
      findings.push(...[await look(installation)].flat())
    } catch (error) {
      findings.push({ check: name, verdict: 'problem', says: (error as Error).message })
    }
  }
  return findings
}

/**
 * Runs all checks before a start, and logs what they find.
 * @throws {Error} all that ends the start, a line for each
 */
export async function passChecks(checks: readonly Check[], installation: Installation, log: Logger): Promise<void> {
  const fatal: Error[] = []
  for (const { look } of checks) {
    try {
      for (const { check, verdict, says, advice } of [await look(installation)].flat()) {
        if (verdict !== 'ok') log[verdict === 'problem' ? 'error' : 'warn']({ check, advice }, says)
      }
    } catch (error) {
      fatal.push(error as Error)
    }
  }
  const [first, ...others] = fatal
  if (first === undefined) return
  if (others.length === 0) throw first
  throw new Error(fatal.map(({ message }) => message).join('\n'), { cause: new AggregateError(fatal) })
}
