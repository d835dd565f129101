// The admin API: the core's state and requests, and how it is to behave. Its errors have the form of the other APIs.

import Type from 'typebox'
import { EVENTS } from '../events.js'
import type { Exchanges } from '../exchanges.js'
import { DOORS, Fault, type Faults } from '../faults.js'
import { type NefParts, occurAtNef } from '../nef/operations.js'
import { rulesOf } from '../pcf/held-rules.js'
import { occurAtPcf, type PcfParts } from '../pcf/operations.js'
import { canonicalAddress, canonicalPrefix } from '../state/addresses.js'
import { areOneAnothers, hasAddress, pduSessionOf } from '../state/pdu-sessions.js'
import { SettingsPatch } from '../state/settings.js'
import type { Held, PduSession } from '../state/store.js'
import type { AccessTokens } from '../tokens.js'
import { type Answer, type Notification, Refusal } from '../transport/answer.js'
import type { Call, Operation } from '../transport/router.js'
import { checkOf } from '../transport/validator.js'

export interface AdminParts extends PcfParts, NefParts {
  readonly faults: Faults
  readonly exchanges: Exchanges
  readonly tokens: AccessTokens
  pcf(): { readonly instanceId: string; readonly startedAt: Date }
  /** Restarts the PCF as another instance, without a notification. */
  restartPcf(): void
  /** Ends all connections except the one from that port. */
  dropConnections(exceptPort: number | undefined): void
}

const ROOT = '/admin/v1'
const JSON_TYPES = ['application/json']
const closed = { additionalProperties: false } as const

const checkSettings = checkOf(SettingsPatch)
const checkFault = checkOf(Fault)
const checkEvent = checkOf(
  Type.Object(
    { event: Type.Unsafe<(typeof EVENTS)[number]>({ enum: [...EVENTS] }), cause: Type.Optional(Type.String()) },
    closed,
  ),
)
const HeldDoor = Type.Unsafe<Held['door']>({ enum: ['pcf', 'nef'] })
const checkRestart = checkOf(
  Type.Object(
    {
      doors: Type.Optional(Type.Array(HeldDoor, { minItems: 1 })),
      forget: Type.Optional(Type.Boolean()),
      idsFromOne: Type.Optional(Type.Boolean()),
    },
    closed,
  ),
)
const checkPduSession = checkOf(
  Type.Object(
    {
      gpsi: Type.Optional(Type.String({ pattern: '^(msisdn-[0-9]{5,15}|extid-[^@]+@[^@]+)$' })),
      dnn: Type.Optional(Type.String({ minLength: 1 })),
      snssai: Type.Optional(
        Type.Object(
          {
            sst: Type.Integer({ minimum: 0, maximum: 255 }),
            sd: Type.Optional(Type.String({ pattern: '^[A-Fa-f0-9]{6}$' })),
          },
          closed,
        ),
      ),
      ipv4: Type.Optional(Type.String({ format: 'ipv4-address' })),
      ipv6Prefix: Type.Optional(Type.String({ format: 'ipv6-prefix' })),
      ipDomain: Type.Optional(Type.String({ minLength: 1 })),
    },
    closed,
  ),
)

const OK: Answer = { status: 204 }

export function adminOperations(parts: AdminParts): Operation[] {
  const { store, faults, exchanges, tokens } = parts
  const operation = (
    method: string,
    path: string,
    handle: Operation['handle'],
    body: 'none' | 'required' | 'optional' = 'none',
  ): Operation => ({
    door: undefined,
    name: undefined,
    method,
    path: ROOT + path,
    ...(body !== 'none' && { consumes: JSON_TYPES, bodyIsOptional: body === 'optional' }),
    handle,
  })

  return [
    operation('GET', '', () => ({ status: 200, body: overview(parts) })),

    operation('GET', '/settings', () => ({ status: 200, body: store.settings })),
    operation(
      'PATCH',
      '/settings',
      ({ body }) => {
        return { status: 200, body: store.changeSettings(checkedSettings(body)) }
      },
      'required',
    ),

    operation('GET', '/held', () => ({ status: 200, body: { pcf: held(parts, 'pcf'), nef: held(parts, 'nef') } })),
    operation('DELETE', '/held', () => {
      store.forget('pcf')
      store.forget('nef')
      return OK
    }),
    operation('POST', '/held/{door}/{id}/events', (call) => occur(parts, call), 'required'),

    operation('GET', '/pdu-sessions', () => ({ status: 200, body: store.pduSessions })),
    operation('PUT', '/pdu-sessions/{supi}', (call) => putPduSession(parts, call), 'required'),
    operation('DELETE', '/pdu-sessions/{key}', (call) => endPduSession(parts, call)),

    operation('GET', '/faults', () => ({ status: 200, body: faults.list() })),
    operation(
      'POST',
      '/faults',
      ({ body }) => {
        const list = Array.isArray(body) ? body.map(checkFault) : [checkFault(body)]
        for (const fault of list) faults.add(fault)
        return { status: 201, body: faults.list() }
      },
      'required',
    ),
    operation('DELETE', '/faults', () => {
      faults.clear()
      return OK
    }),

    operation('GET', '/exchanges', ({ query }) => {
      const after = Number(query.get('after') ?? 0)
      if (!Number.isSafeInteger(after)) throw new Refusal(400, { title: 'Bad Request', detail: 'after is a number' })
      return { status: 200, body: exchanges.after(after) }
    }),

    operation('POST', '/restart', (call) => restart(parts, call), 'optional'),
    operation('DELETE', '/tokens', () => {
      tokens.revokeAll()
      return OK
    }),
  ]
}

/** @throws {Refusal} naming the mistake */
export function checkedSettings(body: unknown): SettingsPatch {
  const patch = checkSettings(body)
  return { ...patch, ...(patch.pools && { pools: patch.pools.map(toPool) }) }
}

function toPool(text: string): string {
  const pool = canonicalPrefix(text)
  if (pool !== undefined) return pool
  throw new Refusal(400, { title: 'Bad Request', detail: `pools: ${text} is no prefix` })
}

function overview({ store, faults, exchanges, pcf, base }: AdminParts): object {
  const { instanceId, startedAt } = pcf()
  return {
    url: base,
    core: store.settings.core,
    dialect: store.settings.dialect,
    pcf: { instanceId, startedAt: startedAt.toISOString() },
    held: { pcf: store.list('pcf').length, nef: store.list('nef').length },
    faults: faults.list().length,
    overlaps: exchanges.overlaps,
    doors: DOORS,
  }
}

function held({ store }: AdminParts, door: Held['door']): object[] {
  return store.list(door).map((held) => ({
    id: held.id,
    device: held.ue,
    ...(held.owner !== '' && { owner: held.owner }),
    createdAt: new Date(held.createdAtMs).toISOString(),
    ...(held.expiresAtMs !== undefined && { expiresAt: new Date(held.expiresAtMs).toISOString() }),
    ...(door === 'pcf' && { pccRules: rulesOf(store, held) }),
    document: held.document,
  }))
}

function occur(parts: AdminParts, { params, body }: Call): Answer {
  const { door, id } = params as { door: string; id: string }
  const occurrence = checkEvent(body)
  const held = door === 'pcf' || door === 'nef' ? parts.store.get(door, id) : undefined
  if (held === undefined) throw new Refusal(404, { title: 'Not Found', detail: `${door} holds no ${id}` })
  const told = occurAt(parts, held, occurrence)
  if (told === undefined) {
    throw new Refusal(409, { title: 'Conflict', detail: `${door} tells nobody of ${occurrence.event} for ${id}` })
  }
  return { status: 202, body: { told: told.map(({ url, body }) => ({ url, body })) }, after: told }
}

function occurAt(
  parts: AdminParts,
  held: Held,
  occurrence: Parameters<typeof occurAtPcf>[2],
): readonly Notification[] | undefined {
  return (held.door === 'pcf' ? occurAtPcf : occurAtNef)(parts, held.id, occurrence)
}

function putPduSession({ store }: AdminParts, { params, body }: Call): Answer {
  const supi = params['supi'] as string
  if (!/^(imsi-\d{5,15}|nai-.+)$/.test(supi)) {
    throw new Refusal(400, { title: 'Bad Request', detail: 'A SUPI is imsi- and 5 to 15 digits, or nai- and a name' })
  }
  const { ipv4, ipv6Prefix, gpsi, ipDomain, dnn = store.settings.dnn, snssai = { sst: 1 } } = checkPduSession(body)
  if (ipv4 === undefined && ipv6Prefix === undefined) {
    throw new Refusal(400, { title: 'Bad Request', detail: 'ipv4 or ipv6Prefix is missing' })
  }
  const session: PduSession = {
    supi,
    ...(gpsi && { gpsi }),
    dnn,
    snssai: { sst: snssai.sst, ...(snssai.sd && { sd: snssai.sd }) },
    ...(ipv4 && { ipv4 }),
    ...(ipv6Prefix && { ipv6Prefix: canonicalPrefix(ipv6Prefix) as string }),
    ...(ipDomain && { ipDomain }),
  }
  const taken = store.pduSessions.find((other) => other.supi !== supi && areOneAnothers(session, other))
  if (taken !== undefined) {
    throw new Refusal(409, { title: 'Conflict', detail: `An address or the gpsi is ${taken.supi}'s` })
  }
  store.putPduSession(session)
  return { status: 200, body: session }
}

/** Ends a PDU session, by SUPI or by an address, and everything held for it, with notifications. */
function endPduSession(parts: AdminParts, { params }: Call): Answer {
  const { store } = parts
  const key = params['key'] as string
  const address = canonicalAddress(key)
  const session =
    address === undefined ? store.pduSessions.find(({ supi }) => supi === key) : pduSessionOf(store, address)
  if (session === undefined) throw new Refusal(404, { title: 'Not Found', detail: `${key} has no PDU session` })
  const isOfSession = ({ ue }: Held) => hasAddress(session, ue)
  const ended = [...store.list('pcf'), ...store.list('nef')].filter(isOfSession)
  store.dropPduSession(session.supi)
  store.endAddresses(session)
  const after = ended.flatMap((held) => occurAt(parts, held, { event: 'terminated' }) ?? [])
  return { status: 202, body: { told: after.map(({ url, body }) => ({ url, body })) }, after }
}

function restart(parts: AdminParts, { body, remotePort }: Call): Answer {
  const { doors = ['pcf'], forget = true, idsFromOne = true } = checkRestart(body ?? {})
  for (const door of doors) {
    if (forget) parts.store.forget(door)
    if (idsFromOne) parts.store.countFromOne(door)
    if (door === 'pcf') parts.restartPcf()
  }
  parts.dropConnections(remotePort)
  return OK
}
