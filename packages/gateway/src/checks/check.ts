// The checks of an installation. The start and `rightofway doctor` run the same ones: a problem that ends the start
// also fails the doctor.

import type { Logger } from 'pino'
import type { Config } from '../config/schema.js'
import type { Finding } from './finding.js'
import type { SettingsGiven } from './secrets.js'

/** The installation that is checked. */
export interface Installation {
  readonly config: Config
  /** Milliseconds since the epoch. */
  readonly now: number
  /** The sources of its settings. Default: not known. */
  readonly given?: SettingsGiven | undefined
}

export interface Check {
  /** The object of the check: `data folder`. */
  readonly name: string
  /**
   * Checks, and changes nothing.
   * @returns the findings. A problem among them does not keep the gateway from starting
   * @throws {Error} what ends the start; the message says what to do
   */
  look(installation: Installation): Finding | readonly Finding[] | Promise<Finding | readonly Finding[]>
}

/** Runs all checks, for people: an error that would end the start is listed as a problem. */
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
 * Runs all checks before a start, and logs their findings.
 * @throws {Error} everything that ends the start, one line each
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
