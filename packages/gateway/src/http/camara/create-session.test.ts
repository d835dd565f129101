import { randomUUID } from 'node:crypto'
import type { CreateSession, ErrorCode, ErrorInfo, SessionInfo } from '@rightofway/camara'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  A_SESSION,
  PAGE_DEVICE,
  QOD,
  startTestGateway,
  type TestGateway,
  withGateway,
} from '../../../test/support/gateway.js'
import { familyOf, parsePrefix } from '../../domain/address.js'
import { checkUnicast } from '../../domain/unicast.js'

/** Test devices of the simulator: see docs of the sandbox. */
const REFUSED = { phoneNumber: '+99999990001' }
const LATE = { phoneNumber: '+99999990002' }
const NEVER = { phoneNumber: '+99999990003' }
const LATE_S = 5
const SET_UP_TIMEOUT_S = 30

/** Long enough never to pass while a test runs. */
const HOLD = { settings: { 'sessions.createHoldMs': 600_000 } }
/** Ends before the network answers for these devices. */
const NO_HOLD = { settings: { 'sessions.createHoldMs': 0 } }

/** Gets no events: only refused requests name it. */
const SINK = 'https://sink.example.com/events'
const CREDENTIAL = {
  credentialType: 'ACCESSTOKEN',
  accessToken: 'a-secret-of-the-sink',
  accessTokenExpiresUtc: '2099-01-01T00:00:00Z',
  accessTokenType: 'bearer',
} as const

type Headers = Readonly<Record<string, string>>

const post = ({ call }: TestGateway, body: object, headers: Headers = {}, key?: string) =>
  call<SessionInfo & ErrorInfo>('POST', `${QOD}/sessions`, { body, headers, ...(key !== undefined && { key }) })

const refused = (code: ErrorCode, status: number) => ({ status, body: { status, code } })
const ms = (time: string | undefined): number => Date.parse(time as string)

describe('createSession answers 201 with a session', () => {
  it('that is AVAILABLE where the network grants it at once, for exactly its duration', () =>
    withGateway(async (gateway) => {
      const { status, body } = await post(gateway, A_SESSION)
      expect(status).toBe(201)
      expect(body).toEqual({
        sessionId: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/) as string,
        device: PAGE_DEVICE,
        applicationServer: { ipv4Address: '233.252.0.2' },
        qosProfile: 'QOS_L',
        duration: 3600,
        startedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
        expiresAt: expect.any(String) as string,
        qosStatus: 'AVAILABLE',
      })
      expect(ms(body.expiresAt) - ms(body.startedAt)).toBe(3_600_000)
    }))

  it('that is REQUESTED, and has no times, where the network takes longer than the hold', () =>
    withGateway(async (gateway) => {
      const { status, body } = await post(gateway, { ...A_SESSION, device: NEVER })
      expect(status).toBe(201)
      expect(body).toEqual({
        sessionId: expect.any(String) as string,
        device: NEVER,
        applicationServer: { ipv4Address: '233.252.0.2' },
        qosProfile: 'QOS_L',
        duration: 3600,
        qosStatus: 'REQUESTED',
      })
    }, NO_HOLD))

  it('that is UNAVAILABLE, with the granted duration and no times, where the network refuses at once [2.5: 3]', () =>
    withGateway(async (gateway) => {
      const { status, body } = await post(gateway, { ...A_SESSION, device: REFUSED, sink: `${gateway.sink.url}/x` })
      expect(status).toBe(201)
      expect(body).toEqual({
        sessionId: expect.any(String) as string,
        device: REFUSED,
        applicationServer: { ipv4Address: '233.252.0.2' },
        qosProfile: 'QOS_L',
        sink: `${gateway.sink.url}/x`,
        duration: 3600,
        qosStatus: 'UNAVAILABLE',
        statusInfo: 'NETWORK_TERMINATED',
      })
      await gateway.sink.count(1)
      expect(gateway.sink.received[0]?.event.data).toEqual({
        sessionId: body.sessionId,
        qosStatus: 'UNAVAILABLE',
        statusInfo: 'NETWORK_TERMINATED',
      })
    }))

  it('that is UNAVAILABLE where the guaranteed rates are used up, rather than degraded', () =>
    withGateway(async (gateway) => {
      const capacity = { downlinkBps: 39_999_999, uplinkBps: 40_000_000 }
      await gateway.admin('PUT', '/networks/simulator/simulator/capacity', capacity)
      expect((await gateway.create()).qosStatus).toBe('AVAILABLE')
      const second = await gateway.create({ applicationServer: { ipv4Address: '233.252.0.3' } })
      expect(second).toMatchObject({ qosStatus: 'UNAVAILABLE', statusInfo: 'NETWORK_TERMINATED' })
    }))

  it('and also sends its event to the sink, with the correlator of the request [2.5: 2]', () =>
    withGateway(async (gateway) => {
      const body = { ...A_SESSION, sink: `${gateway.sink.url}/x`, sinkCredential: CREDENTIAL }
      const session = (await post(gateway, body, { 'x-correlator': 'mine' })).body
      await gateway.sink.count(1)
      const { event, headers } = gateway.sink.received[0] ?? {}
      expect(event).toMatchObject({ time: session.startedAt, data: { qosStatus: 'AVAILABLE' } })
      expect(headers).toMatchObject({ 'x-correlator': 'mine', authorization: `Bearer ${CREDENTIAL.accessToken}` })
    }))
})

const isUnicast = (text: string): boolean => {
  try {
    checkUnicast(parsePrefix(text, familyOf(text), 'x'), 'x')
    return true
  } catch {
    return false
  }
}

describe('the answer of createSession', () => {
  it('shows the request as it was written, and only that [2.1]', () =>
    withGateway(async (gateway) => {
      const port = fc.integer({ min: 1, max: 65_535 })
      const range = fc.tuple(port, port).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }))
      const ports = fc.oneof(
        fc.record({ ports: fc.array(port, { minLength: 1, maxLength: 3 }) }),
        fc.record({ ranges: fc.array(range, { minLength: 1, maxLength: 2 }) }),
        fc.record({
          ports: fc.array(port, { minLength: 1, maxLength: 2 }),
          ranges: fc.array(range, { minLength: 1, maxLength: 1 }),
        }),
      )
      const ipv4 = fc.ipV4().filter(isUnicast)
      const ipv6 = fc.ipV6().filter(isUnicast)
      const subnet4 = fc
        .tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 }))
        .map(([ip, length]) => `${ip}/${length}`)
        .filter(isUnicast)
      const subnet6 = fc.constantFrom(
        '2001:DB8::1',
        '2001:0db8::/32',
        '::ffff:192.0.2.1',
        '2001:db8:0:0:1::7/64',
        '::/0',
      )
      const server = fc.oneof(
        fc.record({ ipv4Address: fc.oneof(subnet4, ipv4) }),
        fc.record({ ipv6Address: subnet6 }),
        fc.record({ ipv4Address: subnet4, ipv6Address: subnet6 }),
        fc.record({
          ipAddresses: fc.tuple(ipv4, fc.uniqueArray(ipv6, { maxLength: 3 })).map(([one, more]) => [one, ...more]),
        }),
      )
      const asked = fc.record(
        {
          applicationServer: server,
          devicePorts: ports,
          applicationServerPorts: ports,
          sink: fc.constant(`${gateway.sink.url}/x`),
          duration: fc.integer({ min: 1, max: 86_400 }),
        },
        { requiredKeys: ['applicationServer', 'duration'] },
      )
      await fc.assert(
        fc.asyncProperty(asked, async (members) => {
          const body = { device: PAGE_DEVICE, qosProfile: 'QOS_S', ...members }
          const answer = await post(gateway, body)
          expect(answer.status).toBe(201)
          const { sessionId, qosStatus, startedAt, expiresAt, statusInfo, ...shown } = answer.body
          expect(shown).toEqual(body)
          await gateway.call('DELETE', `${QOD}/sessions/${sessionId}`)
        }),
        { numRuns: 25 },
      )
    }))

  it('never shows a credential [contract 2.7]', () =>
    withGateway(async (gateway) => {
      const answer = await post(gateway, { ...A_SESSION, sink: gateway.sink.url, sinkCredential: CREDENTIAL })
      expect(answer.status).toBe(201)
      expect(answer.body).not.toHaveProperty('sinkCredential')
      expect(answer.text).not.toContain(CREDENTIAL.accessToken)
    }))

  it('shows the one identifier that was used: the first that resolves, in the order of the contract [0]', () =>
    withGateway(async (gateway) => {
      const ipv4 = { ipv4Address: { publicAddress: '233.252.0.2', privateAddress: '192.0.2.25', publicPort: 80 } }
      const ipv6 = { ipv6Address: '2001:DB8:1234:5678::ABCD' }
      const nai = { networkAccessIdentifier: 'device@TESTCSP.net' }
      const unknown = { phoneNumber: '+1234567890' }
      for (const [device, shown] of [
        [{ ...nai, ...ipv6, ...ipv4, ...PAGE_DEVICE }, PAGE_DEVICE],
        [{ ...nai, ...ipv6, ...ipv4, ...unknown }, ipv4],
        [{ ...nai, ...ipv6, ...unknown }, ipv6],
        [nai, nai],
      ]) {
        const session = await gateway.create({ device: device as CreateSession['device'] & object })
        expect(session.device).toEqual(shown)
        await gateway.call('DELETE', `${QOD}/sessions/${session.sessionId}`)
      }
    }))

  it('never reveals whether identifiers belong together: further ones are not checked [1.2]', () =>
    withGateway(async (gateway) => {
      const session = await gateway.create({ device: { ...PAGE_DEVICE, ipv4Address: A_STRANGERS_ADDRESS } })
      expect(session.device).toEqual(PAGE_DEVICE)
    }))
})

/** Of the test device that the network refuses. */
const A_STRANGERS_ADDRESS = { publicAddress: '192.0.2.101', privateAddress: '192.0.2.101' }

describe('createSession holds its answer', () => {
  it('until the network has granted, for as long as is configured [contract 0: answer to create]', () =>
    withGateway(async (gateway) => {
      const committed = gateway.committed()
      const answer = post(gateway, { ...A_SESSION, device: LATE })
      await committed
      await gateway.advance(LATE_S)
      expect((await answer).body).toMatchObject({ qosStatus: 'AVAILABLE', duration: 3600 })
    }, HOLD))

  it('until the network has exceeded its time', () =>
    withGateway(async (gateway) => {
      const committed = gateway.committed()
      const answer = post(gateway, { ...A_SESSION, device: NEVER })
      await committed
      await gateway.advance(SET_UP_TIMEOUT_S)
      expect((await answer).body).toMatchObject({ qosStatus: 'UNAVAILABLE', statusInfo: 'NETWORK_TERMINATED' })
    }, HOLD))

  it('until the session is deleted: then it shows the session as created', () =>
    withGateway(async (gateway) => {
      const committed = gateway.committed()
      const answer = post(gateway, { ...A_SESSION, device: NEVER })
      const path = `${QOD}/sessions/${await committed}`
      expect((await gateway.call('DELETE', path)).status).toBe(204)
      expect(await answer).toMatchObject({ status: 201, body: { qosStatus: 'REQUESTED' } })
      expect((await gateway.call('GET', path)).status).toBe(404)
    }, HOLD))

  it.each(['respond-async', 'wait=10, respond-async', 'Respond-Async; foo=bar'])(
    'not at all where the caller prefers: %s [RFC 7240 section 4.1]',
    (prefer) =>
      withGateway(async (gateway) => {
        const answer = await post(gateway, { ...A_SESSION, device: NEVER }, { prefer })
        expect(answer).toMatchObject({ status: 201, body: { qosStatus: 'REQUESTED' } })
        expect(answer.headers['preference-applied']).toBe('respond-async')
      }, HOLD),
  )

  it('and ignores unknown preferences', () =>
    withGateway(async (gateway) => {
      const answer = await post(gateway, A_SESSION, { prefer: 'respond-asynchronously' })
      expect(answer.headers).not.toHaveProperty('preference-applied')
      expect(answer.body.qosStatus).toBe('AVAILABLE')
    }, HOLD))
})

describe('createSession refuses what is malformed', () => {
  // Refused requests change nothing, so the tests share a gateway.
  let gateway: TestGateway
  beforeAll(async () => {
    gateway = await startTestGateway()
  })
  afterAll(() => gateway.close())

  it.each([
    ['a server that is nothing', { applicationServer: {} }],
    [
      'a server that is both lists and prefixes',
      { applicationServer: { ipv4Address: '192.0.2.1', ipAddresses: ['192.0.2.1'] } },
    ],
    ['a server address of no meaning', { applicationServer: { ipv6Address: '...' } }],
    ['a server address with leading zeros', { applicationServer: { ipv4Address: '01.002.003.4' } }],
    ['a server prefix that is too long', { applicationServer: { ipv4Address: '192.0.2.0/33' } }],
    ['a prefix in a list of addresses', { applicationServer: { ipAddresses: ['192.0.2.0/24'] } }],
    ['an address twice in a list', { applicationServer: { ipAddresses: ['192.0.2.1', '192.0.2.1'] } }],
    [
      'a list of 17 addresses',
      { applicationServer: { ipAddresses: Array.from({ length: 17 }, (_, i) => `192.0.2.${i}`) } },
    ],
    ['no ports in devicePorts', { devicePorts: {} }],
    ['no ports in applicationServerPorts', { applicationServerPorts: {} }],
    ['port 0', { devicePorts: { ports: [0] } }],
    ['port 65536', { applicationServerPorts: { ports: [65_536] } }],
    ['a range that runs backwards', { devicePorts: { ranges: [{ from: 2, to: 1 }] } }],
    ['a profile of that name that there is not', { qosProfile: 'QOS_XXL' }],
    ['a name that no profile could have', { qosProfile: 'QOS L' }],
    ['a device that is nothing', { device: {} }],
    ['a public address alone', { device: { ipv4Address: { publicAddress: '233.252.0.2' } } }],
    ['a device address that is a prefix', { device: { ipv6Address: '2001:db8::/64' } }],
    ['a phone number without +', { device: { phoneNumber: '36721601234567' } }],
    ['a phone number with spaces', { device: { phoneNumber: '+36 72 1601234567' } }],
    ['a duration of nothing', { duration: 0 }],
    ['a duration beyond 32 bits', { duration: 2_147_483_648 }],
    ['a credential without a sink', { sinkCredential: CREDENTIAL }],
    ['a credential that is nothing', { sink: SINK, sinkCredential: {} }],
    ['a token without its type', { sink: SINK, sinkCredential: { ...CREDENTIAL, accessTokenType: undefined } }],
    ['a token without its end', { sink: SINK, sinkCredential: { ...CREDENTIAL, accessTokenExpiresUtc: undefined } }],
  ])('%s [2.1: INVALID_ARGUMENT]', async (_what, members) => {
    expect(await post(gateway, { ...A_SESSION, ...members })).toMatchObject(refused('INVALID_ARGUMENT', 400))
  })

  it.each([
    ['plain http', 'http://sink.example.com/events', 'sink must be an https URL'],
    ['another scheme', 'ftp://sink.example.com/events', 'sink must match'],
    ['no URL', 'https://', 'sink must'],
    ['a user in it', 'https://me:secret@sink.example.com/', 'sink must not contain a user or a password'],
    ['a private address', 'https://10.0.0.1/', 'sinks.allow'],
    ['a private address in disguise', 'https://0x0a000001/', 'sinks.allow'],
  ])('a sink with %s [2.1: INVALID_SINK]', async (_what, sink, words) => {
    const answer = await post(gateway, { ...A_SESSION, sink })
    expect(answer).toMatchObject(refused('INVALID_SINK', 400))
    expect(answer.body.message).toContain(words)
  })

  it.each([
    ['a line break', 'a\nX-Evil: 1'],
    ['a control character', 'a\u0000b'],
    ['a letter that is not ASCII', 'tökén'],
    ['a space', 'a b'],
    ['nothing in it', ''],
    ['blanks alone', '  '],
  ])('a sink token that no header can carry: %s', async (_what, accessToken) => {
    const sinkCredential = { ...CREDENTIAL, accessToken }
    const answer = await post(gateway, { ...A_SESSION, sink: SINK, sinkCredential })
    expect(answer).toMatchObject(refused('INVALID_ARGUMENT', 400))
    expect(answer.body.message).toContain('sinkCredential.accessToken ')
  })

  it('a token of another type than bearer [2.1: INVALID_TOKEN]', async () => {
    const sinkCredential = { ...CREDENTIAL, accessTokenType: 'mac' }
    expect(await post(gateway, { ...A_SESSION, sink: SINK, sinkCredential })).toMatchObject(
      refused('INVALID_TOKEN', 400),
    )
  })

  it('a credential of another type, with 1.1’s code on /v1 and 1.2’s on the aliases [contract 0: versions]', async () => {
    const sinkCredential = { credentialType: 'PLAIN', identifier: 'me', secret: 'x' }
    const body = { ...A_SESSION, sink: SINK, sinkCredential }
    for (const [version, code] of [
      ['v1', 'INVALID_CREDENTIAL'],
      ['v1rc3', 'INVALID_ARGUMENT'],
      ['vwip', 'INVALID_ARGUMENT'],
    ] as const) {
      const answer = await gateway.call<ErrorInfo>('POST', `/quality-on-demand/${version}/sessions`, { body })
      expect(answer.body).toEqual({
        status: 400,
        code,
        message: 'sinkCredential.credentialType must be one of ACCESSTOKEN, PRIVATE_KEY_JWT',
      })
    }
  })
})

describe('createSession refuses', () => {
  it('a duration outside the bounds of the profile, and names them [2.1: DURATION_OUT_OF_RANGE]', () =>
    withGateway(async (gateway) => {
      const answer = await post(gateway, { ...A_SESSION, duration: 86_401 })
      expect(answer.body).toEqual({
        status: 400,
        code: 'QUALITY_ON_DEMAND.DURATION_OUT_OF_RANGE',
        message: 'duration must be 1 to 86400 seconds for QoS profile QOS_L; it is 86401',
      })
      await gateway.admin('PUT', '/profiles/BRIEF', {
        name: 'BRIEF',
        status: 'ACTIVE',
        minDuration: { value: 1, unit: 'Minutes' },
        maxDuration: { value: 1, unit: 'Hours' },
      })
      for (const duration of [59, 3601]) {
        const brief = await post(gateway, { ...A_SESSION, qosProfile: 'BRIEF', duration })
        expect(brief).toMatchObject(refused('QUALITY_ON_DEMAND.DURATION_OUT_OF_RANGE', 400))
      }
      expect((await post(gateway, { ...A_SESSION, qosProfile: 'BRIEF', duration: 60 })).status).toBe(201)
    }))

  it('a flow of more rules than the network takes, and names the limit [contract 0: size of a flow]', () =>
    withGateway(async (gateway) => {
      const scattered = (count: number) => ({ ports: Array.from({ length: count }, (_, index) => 2 * index + 1) })
      const body = { ...A_SESSION, devicePorts: scattered(8) }
      expect((await post(gateway, { ...body, applicationServerPorts: scattered(8) })).status).toBe(201)
      const answer = await post(gateway, { ...body, applicationServerPorts: scattered(9) })
      expect(answer).toMatchObject(refused('INVALID_ARGUMENT', 400))
      expect(answer.body.message).toMatch(/^This flow needs 72 rules .* at most 64 for one session$/)
    }))

  it('a flow of another application, without revealing whose it is [2.6]', () =>
    withGateway(async (gateway) => {
      const { application, key } = await gateway.newKey()
      await gateway.create()
      const byAnotherName = { ipv6Address: '2001:db8:1234:5678::1' }
      const answer = await post(gateway, { ...A_SESSION, device: byAnotherName }, {}, key)
      expect(answer.body).toEqual({
        status: 409,
        code: 'CONFLICT',
        message: 'Another session already covers this flow of the device.',
      })
      expect(answer.text).not.toContain(application)
      const elsewhere = { ...A_SESSION, applicationServerPorts: { ports: [443] } }
      expect(await post(gateway, elsewhere, {}, key)).toMatchObject(refused('CONFLICT', 409))
    }))

  it('no flow without an overlap: other servers, other ports, other devices [2.6]', () =>
    withGateway(async (gateway) => {
      const first = { applicationServerPorts: { ports: [443] }, devicePorts: { ranges: [{ from: 1, to: 1023 }] } }
      expect((await post(gateway, { ...A_SESSION, ...first })).status).toBe(201)
      for (const members of [
        { ...first, applicationServer: { ipv4Address: '233.252.0.3' } },
        { ...first, applicationServerPorts: { ports: [80, 444] } },
        { ...first, devicePorts: { ports: [1024] } },
        { ...first, device: NEVER },
      ]) {
        expect((await post(gateway, { ...A_SESSION, ...members })).status).toBe(201)
      }
      expect(await post(gateway, A_SESSION)).toMatchObject(refused('CONFLICT', 409))
    }, NO_HOLD))

  it('a flow of an own session, and names its id [2.6]', () =>
    withGateway(async (gateway) => {
      const { sessionId } = await gateway.create()
      expect((await post(gateway, A_SESSION)).body.message).toBe(
        `Your session ${sessionId} already covers this flow of the device: delete it first.`,
      )
    }))

  it.each([
    ['0.0.0.0', 'this network'],
    ['127.0.0.1', 'loopback'],
    ['169.254.1.1', 'link-local'],
    ['224.0.0.1', 'multicast'],
    ['239.1.0.0/16', 'multicast'],
    ['255.255.255.255', 'broadcast'],
  ])('the server %s, which is not unicast', (ipv4Address, what) =>
    withGateway(async (gateway) => {
      const answer = await post(gateway, { ...A_SESSION, applicationServer: { ipv4Address } })
      expect(answer).toMatchObject(refused('INVALID_ARGUMENT', 400))
      expect(answer.body.message).toMatch(/^applicationServer\.ipv4Address must be a unicast address/)
      expect(answer.body.message).toContain(` is ${what}`)
    }),
  )

  it.each(['::', '::1', 'fe80::1', 'ff02::1', '::ffff:127.0.0.1'])('the server %s, which is not unicast', (address) =>
    withGateway(async (gateway) => {
      for (const applicationServer of [
        { ipv6Address: address },
        { ipv4Address: '233.252.0.2', ipv6Address: address },
        { ipAddresses: ['233.252.0.2', address] },
      ]) {
        const answer = await post(gateway, { ...A_SESSION, applicationServer } as typeof A_SESSION)
        expect(answer).toMatchObject(refused('INVALID_ARGUMENT', 400))
      }
    }),
  )

  it('a server of another address family than the device, and a device without an address', () =>
    withGateway(async (gateway) => {
      const put = (addresses: object[]) =>
        gateway.admin('PUT', '/devices/narrow', { networkAccessIdentifier: 'narrow@testcsp.net', addresses })
      const device = { networkAccessIdentifier: 'narrow@testcsp.net' }
      const toIpv6 = { ...A_SESSION, device, applicationServer: { ipv6Address: '2001:db8::1' } }
      await put([{ address: '192.0.2.77' }])
      const answer = await post(gateway, toIpv6)
      expect(answer).toMatchObject(refused('INVALID_ARGUMENT', 400))
      expect(answer.body.message).toMatch(
        /^applicationServer must have an IPv4 address, because the device has no IPv6 address/,
      )
      await put([])
      const without = await post(gateway, toIpv6)
      expect(without).toMatchObject(refused('SERVICE_NOT_APPLICABLE', 422))
      expect(without.body.message).toMatch(/^The device has no address: /)
    }))

  it('the flow of a session that the network ended, to its own application, until it is deleted [2.6, 0]', () =>
    withGateway(async (gateway) => {
      const body = { ...A_SESSION, device: REFUSED }
      const { sessionId } = (await post(gateway, body)).body
      expect(await post(gateway, body)).toMatchObject(refused('CONFLICT', 409))
      const { key } = await gateway.newKey()
      expect((await post(gateway, body, {}, key)).status).toBe(201)
      await gateway.call('DELETE', `${QOD}/sessions/${sessionId}`)
      expect((await post(gateway, body)).status).toBe(201)
    }))

  it('no flow of a session that expired [contract 0]', () =>
    withGateway(async (gateway) => {
      const first = await gateway.create()
      await gateway.advance(3600)
      expect((await post(gateway, A_SESSION)).status).toBe(201)
      expect((await gateway.call('GET', `${QOD}/sessions/${first.sessionId}`)).status).toBe(200)
    }))
})

describe('the order of the checks of createSession [2.0]', () => {
  it('is syntax, sink, device, profile and duration, sink credential, conflict', () =>
    withGateway(
      async (gateway) => {
        const taken = await gateway.create()
        const brief = { name: 'BRIEF', status: 'INACTIVE', maxDuration: { value: 1, unit: 'Minutes' } }
        await gateway.admin('PUT', '/profiles/BRIEF', brief)
        let body: object = {
          devicePorts: { ranges: [{ from: 2, to: 1 }] },
          applicationServer: taken.applicationServer,
          qosProfile: 'NO_SUCH_PROFILE',
          duration: 61,
          sink: 'https://127.0.0.300/',
          sinkCredential: { credentialType: 'PRIVATE_KEY_JWT' },
        }
        const mended = (members: object) => {
          body = { ...body, ...members }
        }
        const refusal = async () => (await post(gateway, body)).body.code

        expect(await refusal()).toBe('INVALID_ARGUMENT')
        mended({ devicePorts: { ports: [1] } })
        expect(await refusal()).toBe('INVALID_SINK')
        mended({ sink: gateway.sink.url })
        expect(await refusal()).toBe('MISSING_IDENTIFIER')
        mended({ device: { networkAccessIdentifier: 'device@testcsp.net' } })
        expect(await refusal()).toBe('UNSUPPORTED_IDENTIFIER')
        mended({ device: { phoneNumber: '+1234567890' } })
        expect(await refusal()).toBe('IDENTIFIER_NOT_FOUND')
        mended({ device: PAGE_DEVICE })
        expect(await refusal()).toBe('INVALID_ARGUMENT')
        mended({ qosProfile: 'BRIEF' })
        expect(await refusal()).toBe('QUALITY_ON_DEMAND.DURATION_OUT_OF_RANGE')
        mended({ duration: 60 })
        expect(await refusal()).toBe('QUALITY_ON_DEMAND.QOS_PROFILE_NOT_APPLICABLE')
        await gateway.admin('PUT', '/profiles/BRIEF', { ...brief, status: 'DEPRECATED' })
        expect(await refusal()).toBe('QUALITY_ON_DEMAND.QOS_PROFILE_NOT_APPLICABLE')
        await gateway.admin('PUT', '/profiles/BRIEF', { ...brief, status: 'ACTIVE' })
        expect(await refusal()).toBe('PRIVATE_KEY_JWT_NOT_CONFIGURED')
        mended({ sinkCredential: CREDENTIAL })
        expect(await refusal()).toBe('CONFLICT')
        mended({ applicationServer: { ipv4Address: '233.252.0.3' } })
        expect(await refusal()).toBeUndefined()
      },
      { settings: { 'directory.identifiers': ['phoneNumber', 'ipv4Address'] } },
    ))

  it('names the supported identifiers [2.0: UNSUPPORTED_IDENTIFIER]', () =>
    withGateway(
      async (gateway) => {
        const answer = await post(gateway, { ...A_SESSION, device: { networkAccessIdentifier: 'device@testcsp.net' } })
        expect(answer.body).toEqual({
          status: 422,
          code: 'UNSUPPORTED_IDENTIFIER',
          message: 'Supported identifiers are phoneNumber; the request has only networkAccessIdentifier',
        })
        // It is skipped if a supported one is given too.
        const device = { networkAccessIdentifier: 'nobody@nowhere', ...PAGE_DEVICE }
        expect((await gateway.create({ device })).device).toEqual(PAGE_DEVICE)
      },
      { settings: { 'directory.identifiers': ['phoneNumber'] } },
    ))
})

describe('a repeat under the same Idempotency-Key [contract 0: repeated create]', () => {
  const again = (key: string): Headers => ({ 'idempotency-key': key })

  it('is answered with 201 and the same session, without a request to the network', () =>
    withGateway(async (gateway) => {
      const headers = again('order-66')
      const first = await post(gateway, A_SESSION, headers)
      const { duration, device, ...rest } = A_SESSION
      for (const body of [A_SESSION, { duration, ...rest, device }]) {
        expect(await post(gateway, body, headers)).toMatchObject({ status: 201, body: first.body })
      }
      const { calls } = await gateway.admin<{ calls: object }>('GET', '/networks/simulator/simulator')
      expect(calls).toEqual({ reserve: 1, release: 0 })
    }))

  it('shows the current state of the session', () =>
    withGateway(async (gateway) => {
      const headers = again('k')
      const { sessionId } = (await post(gateway, A_SESSION, headers)).body
      const body = { requestedAdditionalDuration: 60 }
      await gateway.call('POST', `${QOD}/sessions/${sessionId}/extend`, { body })
      expect((await post(gateway, A_SESSION, headers)).body).toMatchObject({ sessionId, duration: 3660 })
      await gateway.advance(3660)
      expect(await post(gateway, A_SESSION, headers)).toMatchObject({
        status: 201,
        body: { sessionId, qosStatus: 'UNAVAILABLE', statusInfo: 'DURATION_EXPIRED' },
      })
    }))

  it('is refused with another body', () =>
    withGateway(async (gateway) => {
      await post(gateway, A_SESSION, again('k'))
      const other = await post(gateway, { ...A_SESSION, duration: 3601 }, again('k'))
      expect(other.body).toEqual({
        status: 422,
        code: 'IDEMPOTENCY_KEY_REUSED',
        message: 'This Idempotency-Key was already used with another body.',
      })
    }))

  it('is a new request from another application', () =>
    withGateway(async (gateway) => {
      const { key } = await gateway.newKey()
      const first = await post(gateway, A_SESSION, again('k'))
      const elsewhere = { ...A_SESSION, applicationServer: { ipv4Address: '233.252.0.3' } }
      const other = await post(gateway, elsewhere, again('k'), key)
      expect(other.status).toBe(201)
      expect(other.body.sessionId).not.toBe(first.body.sessionId)
    }))

  it('is answered with 404 after the session was deleted or its retention ended', () =>
    withGateway(async (gateway) => {
      const { sessionId } = (await post(gateway, A_SESSION, again('deleted'))).body
      await gateway.call('DELETE', `${QOD}/sessions/${sessionId}`)
      expect((await post(gateway, A_SESSION, again('deleted'))).body).toEqual({
        status: 404,
        code: 'NOT_FOUND',
        message: 'The session that was created with this Idempotency-Key no longer exists.',
      })
      await post(gateway, A_SESSION, again('forgotten'))
      await gateway.advance(3600 + 360)
      expect(await post(gateway, A_SESSION, again('forgotten'))).toMatchObject(refused('NOT_FOUND', 404))
    }))

  it('is a new request after a refusal', () =>
    withGateway(async (gateway) => {
      const { sessionId } = await gateway.create()
      expect(await post(gateway, A_SESSION, again('k'))).toMatchObject(refused('CONFLICT', 409))
      await gateway.call('DELETE', `${QOD}/sessions/${sessionId}`)
      expect((await post(gateway, { ...A_SESSION, duration: 60 }, again('k'))).body).toMatchObject({ duration: 60 })
    }))

  it('creates one session for sixteen requests at once', () =>
    withGateway(async (gateway) => {
      const answers = await Promise.all(Array.from({ length: 16 }, () => post(gateway, A_SESSION, again('k'))))
      expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 16 }, () => 201))
      expect(new Set(answers.map(({ body }) => body.sessionId)).size).toBe(1)
      expect(answers.map(({ body }) => body.qosStatus)).toEqual(Array.from({ length: 16 }, () => 'AVAILABLE'))
    }))

  it('waits for the same session during the hold', () =>
    withGateway(async (gateway) => {
      const body = { ...A_SESSION, device: LATE }
      const committed = gateway.committed()
      const first = post(gateway, body, again('k'))
      const sessionId = await committed
      const second = post(gateway, body, again('k'))
      const impatient = await post(gateway, body, { ...again('k'), prefer: 'respond-async' })
      expect(impatient.body).toMatchObject({ sessionId, qosStatus: 'REQUESTED' })
      await gateway.advance(LATE_S)
      for (const answer of await Promise.all([first, second])) {
        expect(answer).toMatchObject({ status: 201, body: { sessionId, qosStatus: 'AVAILABLE' } })
      }
    }, HOLD))

  it('is looked up after the syntax check, and before the device', () =>
    withGateway(async (gateway) => {
      const first = await post(gateway, A_SESSION, again('k'))
      await gateway.admin('DELETE', '/devices/page-device')
      expect(await post(gateway, A_SESSION, again('k'))).toMatchObject({
        status: 201,
        body: { sessionId: first.body.sessionId, qosStatus: 'UNAVAILABLE' },
      })
      expect(await post(gateway, { ...A_SESSION, imsi: 1 }, again('k'))).toMatchObject(refused('INVALID_ARGUMENT', 400))
      expect(await post(gateway, A_SESSION, again('new'))).toMatchObject(refused('IDENTIFIER_NOT_FOUND', 404))
    }))

  it.each([
    ['nothing', ''],
    ['256 characters', 'x'.repeat(256)],
    ['more than ASCII', 'ä'],
  ])('has no key of %s', (_what, key) =>
    withGateway(async (gateway) => {
      expect((await post(gateway, A_SESSION, again(key))).body).toEqual({
        status: 400,
        code: 'INVALID_ARGUMENT',
        message: 'Idempotency-Key (header) must be 1 to 255 printable ASCII characters',
      })
      expect((await post(gateway, A_SESSION, again(`"${randomUUID()}" ${'x'.repeat(200)}`))).status).toBe(201)
    }),
  )
})

describe('the aliases of the version [contract 0]', () => {
  it('serve the same sessions', () =>
    withGateway(async (gateway) => {
      const [v1rc3, vwip] = ['/quality-on-demand/v1rc3', '/quality-on-demand/vwip']
      const body = { ...A_SESSION, sink: `${gateway.sink.url}/x` }
      const created = await gateway.call<SessionInfo>('POST', `${v1rc3}/sessions`, { body })
      const path = `/sessions/${created.body.sessionId}`
      expect((await gateway.call('GET', `${QOD}${path}`)).body).toEqual(created.body)
      expect((await gateway.call('GET', `${vwip}${path}`)).body).toEqual(created.body)
      // The source of events is the same for all aliases.
      await gateway.sink.count(1)
      expect(gateway.sink.received[0]?.event.source).toBe(`${gateway.url}${QOD}${path}`)
      expect((await gateway.call('DELETE', `${vwip}${path}`)).status).toBe(204)
    }))
})
