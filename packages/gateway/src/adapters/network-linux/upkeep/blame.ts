// Finds the cause of a refused transaction. Others change the ruleset as well: an element that they have removed or
// added leads to the same error as a mistake of a reservation. A reservation is given up only for an error that nothing
// else explains, and after a second try alone.

import type { ReservationId } from '@rightofway/camara'
import { KernelRefused } from '../kernel/exec.js'
import type { NftOperation } from '../plan/operations.js'

/** ENOENT, EEXIST, EBUSY, EAGAIN: the state that was read is out of date. */
const GROUND = /No such file or directory|File exists|Device or resource busy|Resource temporarily unavailable/
/** ENOMEM, ENOBUFS, EMSGSIZE, EINTR, EPERM: this machine refuses every operation. */
const MACHINE =
  /Cannot allocate memory|No buffer space available|Message too long|Interrupted system call|Operation not permitted|initialization failed/

export class Blame {
  readonly #suspects = new Set<ReservationId>()
  /** Refused alone, for an error that others may have caused: the next reading tells. */
  #refusedAlone: ReservationId | undefined

  /** Splits operations into transactions: suspected ones are tried alone, after all others. */
  transactions(operations: readonly NftOperation[]): NftOperation[][] {
    const isSuspected = ({ of }: NftOperation) => of !== undefined && this.#suspects.has(of)
    const alone = [...this.#suspects].map((id) => operations.filter(({ of }) => of === id))
    return [operations.filter((operation) => !isSuspected(operation)), ...alone].filter((part) => part.length > 0)
  }

  /**
   * The cause of the last refusal, now that the kernel was read again.
   * @param operations of the repair now
   * @returns undefined if there is none: others have changed the kernel meanwhile
   */
  afterReading(operations: readonly NftOperation[]): ReservationId | undefined {
    const id = this.#refusedAlone
    this.#refusedAlone = undefined
    // If nothing else is missing, no others have changed it.
    return operations.every(({ of }) => of !== undefined && this.#suspects.has(of)) ? id : undefined
  }

  /**
   * Decides about a refusal.
   * @returns a reservation that has to be given up; undefined if the kernel is to be read again first
   * @throws `error`, if another try would have the same result
   */
  afterRefusal(error: unknown): ReservationId | undefined {
    if (!(error instanceof KernelRefused) || error.tool !== 'nft' || MACHINE.test(error.complaint)) throw error
    const ofGround = GROUND.test(error.complaint)
    const culprit = error.culprit?.of
    if (culprit === undefined) {
      if (ofGround) return undefined
      throw error
    }
    const wasAlone = this.#suspects.has(culprit)
    this.#suspects.add(culprit)
    if (wasAlone && ofGround) this.#refusedAlone = culprit
    return wasAlone && !ofGround ? culprit : undefined
  }
}
