import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { afterEach, describe, expect, it } from 'vitest'
import { claim, sinkOn } from '../../test/support/deliveries.js'
import { A_SESSION, QOD, type TestGateway, withGateway } from '../../test/support/gateway.js'
import { plantedOnce } from '../../test/support/planted.js'
import { createGranted } from '../../test/support/sessions.js'
import { openSqliteStore } from '../adapters/store-sqlite/store.js'
import { Keyring, Secrets } from '../auth/secrets/keyring.js'
import { newSigningSecret, signatureHeaders } from '../auth/secrets/webhook-signature.js'
import { NOON } from '../domain/session.fixture.js'
import { StoreUnavailable } from '../domain/store-unavailable.js'
import type { Delivery } from '../ports/store/events.js'
import { SinkCredentials } from './sink-credentials.js'

const opened: { close(): unknown }[] = []

afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close()
})

const PRIVATE_KEY_JWT = { credentialType: 'PRIVATE_KEY_JWT' as const }

/** The application that the gateway's key is of. */
const applicationOf = async ({ admin }: TestGateway) => (await admin<{ id: string }[]>('GET', '/applications'))[0]?.id

/** An authorization server that knows the gateway by its published keys. */
async function startAuthorizationServer(jwks: () => Promise<JSONWebKeySet>) {
  const tokens: string[] = []
  const answer = async (form: string, response: ServerResponse) => {
    const assertion = new URLSearchParams(form).get('client_assertion') ?? ''
    const expected = { issuer: 'our-gateway', subject: 'our-gateway', audience: url }
    const verified = await jwtVerify(assertion, createLocalJWKSet(await jwks()), expected).catch(() => undefined)
    if (verified === undefined) {
      response.writeHead(401).end('{"error":"invalid_client"}')
      return
    }
    tokens.push(`token-${tokens.length + 1}`)
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ access_token: tokens.at(-1), token_type: 'Bearer', expires_in: 3600 }))
  }
  const server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
    request.on('end', () => void answer(text, response))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  opened.push({
    close() {
      server.closeAllConnections()
      server.close()
    },
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`
  return { url, tokens }
}

/** A gateway with a token client for its application. */
const withAgreement = (
  use: (gateway: TestGateway, server: { url: string; tokens: string[] }, path: string) => Promise<void>,
) =>
  withGateway(async (gateway) => {
    const jwks = async () => (await gateway.call<JSONWebKeySet>('GET', '/jwks.json', { key: null })).body
    const server = await startAuthorizationServer(jwks)
    const path = `/applications/${await applicationOf(gateway)}/token-client`
    await gateway.admin('PUT', path, { clientId: 'our-gateway', tokenUri: server.url })
    await use(gateway, server, path)
  })

describe('a sink credential of type PRIVATE_KEY_JWT [contract 2.7]', () => {
  it('is refused without a token client, after errors of the profile', () =>
    withGateway(async ({ call, sink }) => {
      const body = { ...A_SESSION, sink: sink.url, sinkCredential: PRIVATE_KEY_JWT }
      const refused = await call('POST', `${QOD}/sessions`, { body })
      expect(refused).toMatchObject({ status: 422, body: { code: 'PRIVATE_KEY_JWT_NOT_CONFIGURED' } })
      const worse = await call('POST', `${QOD}/sessions`, { body: { ...body, qosProfile: 'NO_SUCH_PROFILE' } })
      expect(worse).toMatchObject({ status: 400, body: { code: 'INVALID_ARGUMENT' } })
    }))

  it('may repeat the token client, and nothing else', () =>
    withAgreement(async ({ call, sink }, { url: tokenUri }) => {
      const create = (more: object) =>
        call('POST', `${QOD}/sessions`, {
          body: { ...A_SESSION, sink: sink.url, sinkCredential: { ...PRIVATE_KEY_JWT, ...more } },
        })
      for (const wrong of [{ clientId: 'another' }, { tokenUri: 'https://attacker.example/token' }]) {
        const refused = await create(wrong)
        expect(refused).toMatchObject({ status: 422, body: { code: 'PRIVATE_KEY_JWT_NOT_CONFIGURED' } })
        expect(refused.text).not.toContain('our-gateway')
      }
      // The schema wants https; this endpoint is on loopback, as only a sandbox has it.
      expect(tokenUri).toContain('http://')
      const created = await create({ clientId: 'our-gateway' })
      expect(created.status).toBe(201)
      expect(created.text).not.toContain('our-gateway')
      await sink.count(1)
    }))

  it('sends every event with a token that was fetched with a signed assertion, one token for many events', () =>
    withAgreement(async ({ create, sink }, server) => {
      for (let n = 1; n <= 5; n++) {
        await create({
          sink: sink.url,
          sinkCredential: PRIVATE_KEY_JWT,
          applicationServer: { ipv4Address: `192.0.2.${n}` },
        })
      }
      await sink.count(5)
      expect(new Set(sink.received.map(({ headers }) => headers.authorization))).toEqual(new Set(['Bearer token-1']))
      expect(server.tokens).toHaveLength(1)
    }))

  it('fetches another token when the sink has refused one', () =>
    withAgreement(async ({ create, sink, advance }) => {
      sink.answer(401)
      await create({ sink: sink.url, sinkCredential: PRIVATE_KEY_JWT })
      await sink.count(1)
      await advance(2)
      expect(sink.received.map(({ headers }) => headers.authorization)).toEqual(['Bearer token-1', 'Bearer token-2'])
    }))

  it('continues with a new assertion key, and with a new keyring', () =>
    withAgreement(async ({ create, sink, admin, advance }, server) => {
      sink.answer(401)
      await create({ sink: sink.url, sinkCredential: PRIVATE_KEY_JWT })
      await sink.count(1)
      const before = await admin<{ kid: string }[]>('GET', '/assertion-keys')
      const after = await admin<{ kid: string }[]>('POST', '/assertion-keys/rotate', { immediately: true })
      expect(after).toHaveLength(1)
      expect(after[0]?.kid).not.toBe(before[0]?.kid)
      await admin('POST', '/keyring/rotate')
      await advance(2)
      expect(server.tokens).toEqual(['token-1', 'token-2'])
      expect(sink.received[1]?.headers.authorization).toBe('Bearer token-2')
    }))

  it('makes events dead letters when the token client was removed', () =>
    withAgreement(async ({ create, sink, admin, advance }, _server, path) => {
      sink.answer(503)
      await create({ sink: sink.url, sinkCredential: PRIVATE_KEY_JWT })
      await sink.count(1)
      await admin('DELETE', path)
      await expect(admin('GET', path)).rejects.toThrow('404')
      await advance(2)
      expect(await admin('GET', '/dead-letters')).toMatchObject([
        { reason: 'PRIVATE_KEY_JWT is no longer configured for the application' },
      ])
      expect(sink.received).toHaveLength(1)
    }))

  it('tells whoever asks for it where our keys are, and takes no endpoint that must not be dialled', () =>
    withAgreement(async ({ admin, url }, server, path) => {
      expect(await admin('GET', path)).toEqual({
        clientId: 'our-gateway',
        tokenUri: server.url,
        jwksUri: `${url}/jwks.json`,
      })
      const refused = admin('PUT', path, { clientId: 'x', tokenUri: 'https://10.0.0.1/token' })
      await expect(refused).rejects.toThrow('tokenUri must have a public address')
      await expect(
        admin('PUT', '/applications/nobody/token-client', { clientId: 'x', tokenUri: server.url }),
      ).rejects.toThrow('404')
    }))
})

describe('the signature of an application’s events [Standard Webhooks]', () => {
  const secretsPath = async (gateway: TestGateway) => `/applications/${await applicationOf(gateway)}/signing-secrets`

  it('is by ten secrets at most: another one is refused', () =>
    withGateway(async (gateway) => {
      const path = await secretsPath(gateway)
      for (let n = 0; n < 10; n++) await gateway.admin('POST', path)
      expect(await gateway.callAdmin('POST', path)).toMatchObject({
        status: 409,
        body: { code: 'CONFLICT', message: 'The application has 10 signing secrets: delete one first.' },
      })
    }))

  it('is sent if the application has a secret, besides the bearer token, and matches the received body', () =>
    withGateway(async (gateway) => {
      const { create, sink, admin, dataDir } = gateway
      const { secret } = await admin<{ secret: string }>('POST', await secretsPath(gateway))
      const { sessionId } = await create({
        sink: sink.url,
        sinkCredential: {
          credentialType: 'ACCESSTOKEN',
          accessToken: 'token',
          accessTokenExpiresUtc: new Date(Date.now() + 3_600_000).toISOString(),
          accessTokenType: 'bearer',
        },
      })
      await sink.count(1)
      const [received] = sink.received
      if (received === undefined) throw new Error('an event has come')
      const { headers, text } = received
      expect(headers.authorization).toBe('Bearer token')
      expect(headers['webhook-id']).toBe(`${sessionId}-1`)
      const sentAt = Number(headers['webhook-timestamp']) * 1000
      expect(Math.abs(Date.now() - sentAt)).toBeLessThan(60_000)
      expect(headers).toMatchObject(signatureHeaders({ id: `${sessionId}-1`, now: sentAt, body: text }, [secret]))
      expect(JSON.stringify(await admin('GET', await secretsPath(gateway)))).not.toContain(secret)
      const files = readdirSync(dataDir, { withFileTypes: true }).filter((entry) => entry.isFile())
      const contents = files.map(({ name }) => readFileSync(join(dataDir, name)).toString('latin1'))
      expect(contents.filter((content) => content.includes(secret.slice(6)))).toEqual([])
    }))

  it('keeps the id on every attempt, and dates every attempt anew', () =>
    withGateway(async (gateway) => {
      const { create, sink, admin, advance } = gateway
      await admin('POST', await secretsPath(gateway))
      sink.answer(503)
      await create({ sink: sink.url })
      await sink.count(1)
      await advance(3600)
      await sink.count(2)
      const [first, again] = sink.received.map(({ headers }) => headers)
      expect(again?.['webhook-id']).toBe(first?.['webhook-id'])
      // Receivers refuse what is old by their own clocks, which no sandbox moves.
      expect(Number(again?.['webhook-timestamp']) - Number(first?.['webhook-timestamp'])).toBeLessThan(60)
    }))

  it('has one part for each secret during a rotation, and is absent without a secret and for other applications', () =>
    withGateway(async (gateway) => {
      const { create, sink, admin, newKey, call } = gateway
      const path = await secretsPath(gateway)
      const made = [
        await admin<{ record: { id: string } }>('POST', path),
        await admin<{ record: { id: string } }>('POST', path),
      ]
      await create({ sink: sink.url })
      await sink.count(1)
      expect(String(sink.received[0]?.headers['webhook-signature']).split(' ')).toHaveLength(2)
      for (const { record } of made) await admin('DELETE', `${path}/${record.id}`)
      await create({ sink: sink.url, applicationServer: { ipv4Address: '192.0.2.7' } })
      await sink.count(2)
      expect(sink.received[1]?.headers['webhook-signature']).toBeUndefined()
      await admin('POST', path)
      const { key } = await newKey()
      const body = { ...A_SESSION, sink: sink.url, applicationServer: { ipv4Address: '192.0.2.8' } }
      await call('POST', `${QOD}/sessions`, { body, key })
      await sink.count(3)
      expect(sink.received[2]?.headers['webhook-signature']).toBeUndefined()
      await expect(admin('DELETE', `${path}/nobody`)).rejects.toThrow('404')
      expect(newSigningSecret()).toContain('whsec_')
    }))
})

describe('an unreachable store', () => {
  it('makes an attempt fail that needs a credential from it; the next one gets it', async () => {
    const opened = openSqliteStore({ file: ':memory:' })
    const away = () => Promise.reject(new StoreUnavailable('away'))
    const { store } = plantedOnce(opened, 'sinkCredentials', 'signingSecrets', away)
    const secrets = await Secrets.open(store, { load: async () => Keyring.generate() })
    const realNow = () => 0
    const tokens = { get: () => Promise.reject(new Error('nobody asks')), refused: () => undefined }
    const sinkCredentials = new SinkCredentials({
      sinkCredentials: store.sinkCredentials,
      secrets,
      tokens: tokens as never,
      realNow,
    })
    await createGranted(store.sessions, {}, { sink: sinkOn('sink.example') })
    const [delivery] = await claim(store, NOON, 1)
    const of = () => sinkCredentials.of(delivery as Delivery, '{}')
    expect(await of()).toEqual({ failure: 'the store could not be asked for the credential' })
    expect(await of()).toEqual({ headers: {} })
    sinkCredentials.close()
    await opened.close()
  })
})
