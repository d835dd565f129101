// Nbsf_Management (TS 29.521): the PCF that serves an address.

import { canonicalAddress } from './state/addresses.js'
import { pduSessionOf, pduSessionOfGpsi } from './state/pdu-sessions.js'
import type { PduSession, Store } from './state/store.js'
import { type Answer, Refusal } from './transport/answer.js'
import type { Operation } from './transport/router.js'

export interface BsfParts {
  readonly store: Store
  readonly host: string
  readonly port: number
  /** The PCF's instance since its last start. */
  pcf(): { readonly instanceId: string; readonly startedAt: Date }
}

const QUERY_INVALID = 'MANDATORY_QUERY_PARAM_INCORRECT'

export function bsfOperations({ store, host, port, pcf }: BsfParts): Operation[] {
  const toBinding = (session: PduSession): object => {
    const { instanceId, startedAt } = pcf()
    const found = { dnn: session.dnn, snssai: session.snssai, pcfIpEndPoints: [{ ipv4Address: host, port }] }
    if (store.settings.core === 'open5gs') return found
    const { supi, gpsi, ipv4, ipv6Prefix, ipDomain } = session
    return {
      ...found,
      supi,
      ...(gpsi && { gpsi }),
      ...(ipv4 && { ipv4Addr: ipv4 }),
      ...(ipv6Prefix && { ipv6Prefix }),
      ...(ipDomain && { ipDomain }),
      pcfId: instanceId,
      recoveryTime: startedAt.toISOString(),
    }
  }
  return [
    {
      door: 'bsf',
      name: 'find',
      method: 'GET',
      path: '/nbsf-management/v1/pcfBindings',
      device: ({ query }) => addressOf(query),
      handle({ query }): Answer {
        const session = find(store, query)
        if (session !== undefined) return { status: 200, body: toBinding(session) }
        // The specification has both answers: 204 for nothing found, and 404.
        if (store.settings.core !== 'open5gs') return { status: 204 }
        throw new Refusal(404, { title: 'Not Found', detail: 'There is no PCF binding' })
      },
    },
  ]
}

/** The address of a query that can be parsed. */
const addressOf = (query: URLSearchParams): string | undefined =>
  canonicalAddress(query.get('ipv4Addr') ?? query.get('ipv6Prefix')?.replace(/\/128$/, '') ?? '')

function find(store: Store, query: URLSearchParams): PduSession | undefined {
  const isOpen5gs = store.settings.core === 'open5gs'
  const [supi, gpsi] = isOpen5gs ? [null, null] : [query.get('supi'), query.get('gpsi')]
  const wantsAddress = query.has('ipv4Addr') || query.has('ipv6Prefix')
  const address = addressOf(query)
  if (wantsAddress && address === undefined) {
    const detail = 'ipv4Addr must be an IPv4 address, ipv6Prefix an IPv6 address and /128'
    throw new Refusal(400, { title: 'Bad Request', cause: QUERY_INVALID, detail })
  }
  if (address === undefined && supi === null && gpsi === null) {
    const detail = `ipv4Addr or ipv6Prefix${isOpen5gs ? '' : ', supi or gpsi'} is missing`
    throw new Refusal(400, { title: 'Bad Request', cause: 'MANDATORY_QUERY_PARAM_MISSING', detail })
  }
  const session =
    address !== undefined
      ? pduSessionOf(store, address)
      : gpsi !== null
        ? pduSessionOfGpsi(store, gpsi)
        : store.pduSessions.find((listed) => listed.supi === supi)
  if (session === undefined) return undefined
  const asked = { supi, gpsi, dnn: query.get('dnn'), ipDomain: isOpen5gs ? null : query.get('ipDomain') }
  const isThatOne = Object.entries(asked).every(
    ([name, value]) => value === null || session[name as keyof typeof asked] === value,
  )
  return isThatOne ? session : undefined
}
