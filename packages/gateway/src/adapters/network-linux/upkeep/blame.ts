// Whose fault it is that the kernel refused a transaction. Others change the ruleset under us: what they have taken away or
// put there is refused in the same way as what a reservation itself has wrong. A reservation is given up for what only it can
// be blamed for, and after a second try alone.

import type { ReservationId } from '@rightofway/camara'
import { KernelRefused } from '../kernel/exec.js'
import type { NftOperation } from '../plan/operations.js'

/** ENOENT, EEXIST, EBUSY, EAGAIN: what was read is not so any more. */
const GROUND = /No such file or directory|File exists|Device or resource busy|Resource temporarily unavailable/
/** ENOMEM, ENOBUFS, EMSGSIZE, EINTR, EPERM: this machine cannot, whatever it is asked for. */
const MACHINE =
  /Cannot allocate memory|No buffer space available|Message too long|Interrupted system call|Operation not permitted|initialization failed/

export class Blame {
  readonly #suspects = new Set<ReservationId>()
  /** Refused alone, for what may have been somebody else's doing: whose it was, the next reading tells. */
  #refusedAlone: ReservationId | undefined

  /** The transactions to make of these operations: what is suspected is tried alone, after everything else. */
  transactions(operations: readonly NftOperation[]): NftOperation[][] {
    const isSuspected = ({ of }: NftOperation) => of !== undefined && this.#suspects.has(of)
    const alone = [...this.#suspects].map((id) => operations.filter(({ of }) => of === id))
    return [operations.filter((operation) => !isSuspected(operation)), ...alone].filter((part) => part.length > 0)
  }

  /**
   * Whom the last refusal is to be blamed on, now that the kernel was read again.
   * @param operations what it takes to repair it now
   * @returns undefined if nobody: others have changed the kernel meanwhile
   */
  afterReading(operations: readonly NftOperation[]): ReservationId | undefined {
    const id = this.#refusedAlone
    this.#refusedAlone = undefined
    // Where nothing else is missing, nobody else was at work.
    return operations.every(({ of }) => of !== undefined && this.#suspects.has(of)) ? id : undefined
  }

  /**
   * What to do about a refusal.
   * @returns a reservation that has to be given up; undefined if the kernel is to be read again first
   * @throws `error`, where another try would come to the same
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
