// Ten thousand requests from our own OpenAPI documents: valid ones, and ones with one fault. RIGHTOFWAY_TEST_FUZZ_SEED
// repeats a run that failed. On both stores: they must accept the same requests.

import type { ErrorInfo, SessionInfo } from '@rightofway/camara'
import { APIS, type Api, CALLER_ERRORS, COMMON_ERRORS, type Operation } from '@rightofway/camara/schemas'
import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Fault, faultsOf, type Schema } from '../../test/support/faults.js'
import { A_SESSION, type CallOptions, startTestGateway, type TestGateway } from '../../test/support/gateway.js'
import { startPostgres, type TestPostgres } from '../../test/support/postgres.js'
import { sharedSettings } from '../../test/support/shared-store.js'

const REQUESTS = { 'one file': 10_000, PostgreSQL: 3_000 } as const
const SEED = Number(process.env['RIGHTOFWAY_TEST_FUZZ_SEED'] ?? Date.now() % 2 ** 31)
/** Beyond that many, sessions are deleted: the state, compared after every refusal, stays small. */
const SESSIONS_KEPT = 8

const addFormats = formats as unknown as typeof formats.default
const ajv = addFormats(new Ajv({ strict: false, discriminator: true }))
const fits = (schema: Schema, value: unknown) => ajv.validate(schema, value)

/** Values that exist in the sandbox, so that requests get further than the first check. */
const KNOWN: Readonly<Record<string, readonly unknown[]>> = {
  Device: [
    { phoneNumber: '+36721601234567' },
    { ipv6Address: '2001:db8:1234:5678::7' },
    { ipv4Address: { publicAddress: '233.252.0.2', publicPort: 80 } },
    { networkAccessIdentifier: 'device@testcsp.net' },
  ],
  QosProfileName: ['QOS_L', 'QOS_S', 'QOS_E', 'QOS_M'],
  CreateSession: Array.from({ length: 12 }, (_, host) => ({
    ...A_SESSION,
    applicationServer: { ipv4Address: `203.0.113.${host}` },
    devicePorts: { ports: [host + 1], ranges: [{ from: 1_000, to: 2_000 }] },
  })),
}

/** Values of a schema. */
function valuesOf(schema: Schema & { title?: string }): fc.Arbitrary<unknown> {
  const known = KNOWN[schema.title ?? '']
  const made = madeOf(schema)
  return known === undefined
    ? made
    : fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...known) }, { weight: 1, arbitrary: made })
}

function madeOf(schema: Schema & { title?: string }): fc.Arbitrary<unknown> {
  const { type, properties, required = [], items, minItems = 0, maxItems = 4, minimum = 0, maximum = 2 ** 31 } = schema
  const options = schema.oneOf ?? (properties === undefined ? schema.anyOf : undefined)
  if (options !== undefined) return fc.oneof(...options.map((option) => valuesOf(option)))
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  if (type === 'object' || properties !== undefined) {
    const members = Object.entries(properties ?? {}).map(([name, member]) => [name, valuesOf(member)] as const)
    return fc
      .record(Object.fromEntries(members), { requiredKeys: [...required] })
      .filter((value) => fits(schema, value))
  }
  if (type === 'array') {
    const length = { minLength: minItems, maxLength: Math.min(maxItems, 4) }
    return schema.uniqueItems
      ? fc.uniqueArray(valuesOf(items ?? {}), { ...length, selector: (value) => JSON.stringify(value) })
      : fc.array(valuesOf(items ?? {}), length)
  }
  if (type === 'integer')
    return fc.oneof(
      fc.integer({ min: minimum, max: maximum }),
      fc.integer({ min: minimum, max: Math.min(maximum, minimum + 100) }),
    )
  return textsOf(schema)
}

const FORMATS: Readonly<Record<string, () => fc.Arbitrary<string>>> = {
  uuid: () => fc.uuid(),
  ipv4: () => fc.ipV4(),
  ipv6: () => fc.ipV6(),
  uri: () => fc.webUrl({ validSchemes: ['https'] }),
  'date-time': () =>
    fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }).map((date) => date.toISOString()),
}

function textsOf({ pattern, format = '', minLength = 0, maxLength = 40 }: Schema): fc.Arbitrary<string> {
  const formatted = FORMATS[format]
  if (formatted !== undefined) return formatted()
  const length = { minLength, maxLength: Math.min(maxLength, Math.max(40, minLength)) }
  return pattern === undefined
    ? fc.string(length)
    : fc.stringMatching(new RegExp(pattern, 'u')).filter((text) => text.length >= minLength && text.length <= maxLength)
}

interface Sent extends CallOptions {
  readonly operation: Operation
  readonly path: string
  /** Its fault. */
  readonly wrong?: string
}

const OPERATIONS = APIS.flatMap((api) =>
  // Streams of events do not end.
  api.operations.filter(({ operationId }) => !operationId.startsWith('watch')).map((operation) => ({ api, operation })),
)

/** Wrong headers, by their faults. */
const WRONG_HEADERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'x-correlator': { 'x-correlator': 'a b' },
  'media type': { 'content-type': 'text/plain' },
  token: { authorization: 'Bearer nonsense' },
}

/** One in `times`. */
const seldom = <T>(times: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 1, arbitrary }, { weight: times - 1, arbitrary: fc.constant(undefined) })

function requestsOf(api: Api, operation: Operation): fc.Arbitrary<(ids: readonly string[]) => Sent> {
  const { body, query } = operation as { body?: Schema; query?: Schema }
  const bases = fc.constantFrom(...api.basePaths)
  const names = fc.record({
    session: fc.oneof(
      { weight: 9, arbitrary: fc.nat() },
      { weight: 1, arbitrary: fc.constantFrom('nonsense', '00000000-0000-4000-8000-000000000000') },
    ),
    name: fc.oneof(fc.constantFrom('QOS_L', 'QOS_S'), fc.stringMatching(/^[a-zA-Z0-9_.-]{1,8}$/)),
  })
  return fc
    .tuple(
      bases,
      names,
      body ? valuesOf(body).map(lasting) : fc.constant(undefined),
      query ? valuesOf(query) : fc.constant({}),
      seldom(2, fc.nat()),
      seldom(20, fc.constantFrom(...Object.keys(WRONG_HEADERS))),
    )
    .map(([base, { session, name }, given, asked, breaking, header]) => (ids) => {
      const id = typeof session === 'number' ? (ids[session % Math.max(1, ids.length)] ?? 'none') : session
      const faults: Fault[] = body && breaking !== undefined ? [...faultsOf(body, given, fits)] : []
      const fault = faults[(breaking ?? 0) % Math.max(1, faults.length)]
      const search = new URLSearchParams(asked as Record<string, string>).toString()
      const path =
        base + operation.path.replace(/{(session|assignment)Id}/, id).replace('{name}', name) + (search && `?${search}`)
      const wrongHeader = body === undefined && header === 'media type' ? undefined : header
      const wrong = wrongHeader ?? (fault && `${fault.keyword} of ${fault.at === '' ? 'the body' : fault.at}`)
      return {
        operation,
        path,
        ...(wrong !== undefined && { wrong }),
        ...(body && { body: JSON.stringify(fault === undefined ? given : fault.value) }),
        headers: {
          ...(body && { 'content-type': 'application/json' }),
          ...(wrongHeader !== undefined && WRONG_HEADERS[wrongHeader]),
        },
      }
    })
}

/** Time passes during the test: no session may expire meanwhile. */
const lasting = (body: unknown): unknown =>
  'duration' in Object(body) ? { ...(body as object), duration: 3_600 } : body

/** All sessions, except those with only a release pending. */
const stateOf = async ({ store }: TestGateway): Promise<string> => {
  const all = await store.sessions.list({ limit: 1_000 })
  return JSON.stringify(all.map(({ session }) => session).filter(({ status }) => status !== 'RELEASING'))
}

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.close())

const TITLE = `answers requests with nothing that is not documented, and changes nothing that it refuses [seed ${SEED}]`

it.each(['one file', 'PostgreSQL'] as const)(`${TITLE}: %s`, async (kind) => {
  const shared = kind === 'PostgreSQL' ? sharedSettings(await postgres.database()) : {}
  const gateway = await startTestGateway({ settings: { 'limits.requestsPerSecond': 1_000_000, ...shared } })
  try {
    const keys = [gateway.key, (await gateway.newKey()).key]
    const requests = fc.sample(fc.oneof(...OPERATIONS.map(({ api, operation }) => requestsOf(api, operation))), {
      seed: SEED,
      numRuns: REQUESTS[kind],
    })
    const statuses = new Map<number, number>()
    let state = await stateOf(gateway)
    let ids: string[] = []
    for (const [index, make] of requests.entries()) {
      const { operation, path, wrong, ...options } = make(ids)
      const key = keys[index % 2] as string
      const answer = await gateway.call<ErrorInfo & SessionInfo>(operation.method, path, { key, ...options })
      const said = `${operation.method} ${path} ${JSON.stringify(options)}: ${answer.status} ${answer.text}`
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
      expect(answer.status, said).toBeLessThan(500)
      if (wrong !== undefined) expect(answer.status, `${wrong}: ${said}`).toBeGreaterThanOrEqual(400)
      const now = await stateOf(gateway)
      if (answer.status >= 400) {
        expect([...operation.errors, ...CALLER_ERRORS, ...COMMON_ERRORS], said).toContain(answer.body.code)
        expect(now, said).toBe(state)
        continue
      }
      state = now
      if (operation.operationId === 'createSession') ids = [...ids, answer.body.sessionId]
      if (operation.operationId === 'deleteSession') ids = ids.filter((id) => !path.includes(id))
      if (ids.length > SESSIONS_KEPT) {
        for (const sessionId of ids) {
          for (const owner of keys)
            await gateway.call('DELETE', `/quality-on-demand/v1/sessions/${sessionId}`, { key: owner })
        }
        ids = []
        await gateway.advance(400)
        state = await stateOf(gateway)
      }
    }
    // The test would prove nothing if every request were refused.
    for (const status of [200, 201, 204, 400, 401, 403, 404, 409, 415])
      expect(statuses.get(status), String(status)).toBeGreaterThan(REQUESTS[kind] / 1_000)
  } finally {
    await gateway.close()
  }
})
