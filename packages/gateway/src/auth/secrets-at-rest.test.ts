// The files of a gateway, and its behaviour without the keys to them.

import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { QOD, type TestGateway, withGateway } from '../../test/support/gateway.js'

let dataDir: string

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'rightofway-secrets-'))
})
afterEach(() => rmSync(dataDir, { recursive: true }))

/** A create waits for its network here, however long the machine takes over it. */
const PATIENT = { 'sessions.createHoldMs': 60_000 }

const ACCESS_TOKEN = 'a-token-that-the-sink-has-given-us'
const CREDENTIAL = {
  credentialType: 'ACCESSTOKEN',
  accessToken: ACCESS_TOKEN,
  accessTokenExpiresUtc: '2999-01-01T00:00:00Z',
  accessTokenType: 'bearer',
} as const

const createWithCredential = ({ create, sink }: TestGateway) =>
  create({ sink: `${sink.url}/events`, sinkCredential: CREDENTIAL, duration: 60 }, { 'idempotency-key': 'order-4711' })

describe('the files of a gateway', () => {
  it('hold no application key, no access token and no Idempotency-Key, and its logs none either', async () => {
    const logs: string[] = []
    await withGateway(
      async (gateway) => {
        await createWithCredential(gateway)
        await gateway.call('GET', `${QOD}/sessions/nonsense`)
        await gateway.sink.count(1)
        expect(gateway.sink.received[0]?.headers.authorization).toBe(`Bearer ${ACCESS_TOKEN}`)

        const secret = gateway.key.slice(-43)
        const files = readdirSync(dataDir).filter((name) => /^(store|simulator)/.test(name))
        expect(files).toContain('store.db-wal')
        const bytes = Buffer.concat(files.map((name) => readFileSync(join(dataDir, name))))
        // What must be in it, so that we know that we can find something.
        expect(bytes.includes(gateway.key.split('_')[1] as string)).toBe(true)
        for (const text of [secret, ACCESS_TOKEN, 'order-4711']) {
          expect(bytes.includes(text)).toBe(false)
          expect(logs.join('')).not.toContain(text)
        }
      },
      { dataDir, logs, settings: PATIENT },
    )
    expect(logs.length).toBeGreaterThan(0)
    expect(logs.join('')).not.toContain('36721601234567')
  })
})

describe('a gateway whose keys are changed', () => {
  it('keeps delivering with the stored credentials [rotateKeyring]', () =>
    withGateway(
      async (gateway) => {
        await createWithCredential(gateway)
        await gateway.sink.count(1)
        const before = readFileSync(join(dataDir, 'keyring'), 'utf8')
        // The credential, and what pseudonyms are made with.
        expect(await gateway.admin('POST', '/keyring/rotate')).toEqual({ rewritten: 2 })
        expect(readFileSync(join(dataDir, 'keyring'), 'utf8')).not.toBe(before)
        await gateway.advance(60)
        await gateway.sink.count(2)
        expect(gateway.sink.received.map(({ headers }) => headers.authorization)).toEqual(
          Array.from({ length: 2 }, () => `Bearer ${ACCESS_TOKEN}`),
        )
        const again = await createWithCredential(gateway).catch((error: Error) => error.message)
        expect(again).toMatchObject({ statusInfo: 'DURATION_EXPIRED' })
      },
      { dataDir, settings: PATIENT },
    ))
})

describe('a gateway that has lost its keys', () => {
  it('is not ready and says why, ends sessions on time, gives up deliveries with the reason, and makes no new key', async () => {
    const keyring = join(dataDir, 'keyring')
    const saved = join(dataDir, 'saved')
    const key = await withGateway(
      async (gateway) => {
        await createWithCredential(gateway)
        await gateway.sink.count(1)
        return gateway.key
      },
      { dataDir, settings: PATIENT },
    )
    renameSync(keyring, saved)

    await withGateway(
      async (gateway) => {
        const problem = 'there is no keyring, but the store has secrets that need one'
        const readiness = await gateway.call<{ problems: string[] }>('GET', '/readyz')
        expect(readiness).toMatchObject({ status: 503, body: { ready: false, problems: [problem] } })

        const refused = await gateway.call('POST', `${QOD}/sessions`, {
          key,
          headers: { 'idempotency-key': 'order-4712' },
          body: {
            device: { phoneNumber: '+99999990004' },
            applicationServer: { ipv4Address: '198.51.100.9' },
            qosProfile: 'QOS_S',
            duration: 60,
          },
        })
        expect(refused).toMatchObject({ status: 503, body: { code: 'UNAVAILABLE' } })
        const plain = await gateway.create({ applicationServer: { ipv4Address: '198.51.100.10' }, duration: 60 })
        expect(plain.qosStatus).toBe('AVAILABLE')

        await gateway.advance(60)
        const sessions = await gateway.store.sessions.list({ limit: 10 })
        expect(sessions.map(({ session }) => session.status)).toEqual(['UNAVAILABLE', 'UNAVAILABLE'])
        const letters = await gateway.store.events.deadLetters(10)
        expect(letters.map(({ reason }) => reason)).toEqual([`a secret cannot be decrypted: ${problem}`])
        expect(gateway.sink.received).toEqual([])
        expect(existsSync(keyring)).toBe(false)
      },
      { dataDir, settings: PATIENT },
    )

    renameSync(saved, keyring)
    await withGateway(
      async (gateway) => {
        expect((await gateway.call('GET', '/readyz')).status).toBe(200)
        expect(await gateway.store.events.deadLetters(10)).toHaveLength(1)
      },
      { dataDir, settings: PATIENT },
    )
  })
})
