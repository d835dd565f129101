// The differences between PCFs. Each line is taken from their code, or observed with the program.

import { randomUUID } from 'node:crypto'
import type { CoreEvent } from '../events.js'
import type { CoreName, Settings } from '../state/settings.js'
import type { PduSession, Store } from '../state/store.js'
import { Refusal } from '../transport/answer.js'
import { type PccRule, rulesOfFree5gc, rulesOfOpen5gs, rulesOfStandard } from './rules.js'
import type { AscReqData } from './schema.js'

export interface PcfCore {
  /** The id of a new application session context. */
  newId(store: Store, session: PduSession): string
  /** The answer for a device without a PDU session. */
  noPduSession(): Refusal
  /** Whether it can be read. Open5GS answers 405. */
  readonly isReadable: boolean
  /** The answer to a modification: the context, or the patch as received. */
  readonly modifyAnswers: 'context' | 'patch'
  /** Whether there is an Events Subscription sub-resource. */
  readonly hasEventsSubscription: boolean
  /** The events that it notifies of. */
  readonly tells: readonly CoreEvent[]
  /** Whether a context that the PCF ended waits for the delete of its requester (TS 29.514 section 4.2.5.3). */
  readonly keepsTerminated: boolean
  /** Whether the device must be identified by its SUPI if there are several. */
  readonly wantsSupi: boolean
  /** Whether a delete with a body must subscribe to an event, as in TS 29.514. Others take `{}` too. */
  readonly checksDelete: boolean
  rules(requested: { settings: Settings; appSessionId: string; request: AscReqData }): PccRule[]
}

const notAvailable = () =>
  new Refusal(500, {
    title: 'Internal Server Error',
    cause: 'PDU_SESSION_NOT_AVAILABLE',
    detail: 'The device has no PDU session',
  })

export const PCF_CORES: Readonly<Record<CoreName, PcfCore>> = {
  open5gs: {
    newId: (store) => String(store.next('pcf')),
    noPduSession: () => new Refusal(404, { title: 'Cannot find PDU session' }),
    isReadable: false,
    modifyAnswers: 'patch',
    hasEventsSubscription: false,
    tells: ['terminated', 'lost'],
    keepsTerminated: false,
    wantsSupi: false,
    checksDelete: false,
    rules: rulesOfOpen5gs,
  },
  free5gc: {
    newId: (store, { supi }) => `${supi}-${store.next(`pcf:${supi}`)}`,
    noPduSession: notAvailable,
    isReadable: true,
    modifyAnswers: 'context',
    hasEventsSubscription: true,
    tells: ['terminated', 'lost'],
    keepsTerminated: false,
    wantsSupi: true,
    checksDelete: false,
    rules: rulesOfFree5gc,
  },
  standard: {
    newId: () => randomUUID(),
    noPduSession: notAvailable,
    isReadable: true,
    modifyAnswers: 'context',
    hasEventsSubscription: true,
    tells: ['allocated', 'failed', 'lost', 'not-guaranteed', 'guaranteed', 'terminated'],
    keepsTerminated: true,
    wantsSupi: false,
    checksDelete: true,
    rules: rulesOfStandard,
  },
}
