import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ApplicationId } from '@rightofway/camara'
import { afterEach, describe, expect, it } from 'vitest'
import type { Prefix } from '../domain/address.js'
import { sinkAgent } from './sink-client-options.js'
import { SinkTokenSource } from './sink-token-source.js'

const APP = 'app-1' as ApplicationId
const opened: { close(): unknown }[] = []

afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close()
})

interface Asked {
  readonly form: Record<string, string>
  readonly type: string | undefined
}

const good = (more: object = {}) =>
  JSON.stringify({ access_token: 'token-1', token_type: 'Bearer', expires_in: 600, ...more })

/** An endpoint, and whoever asks it. */
async function withEndpoint(answer: (response: ServerResponse, request: IncomingMessage) => void) {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
    request.on('end', () => {
      asked.push({ form: Object.fromEntries(new URLSearchParams(text)), type: request.headers['content-type'] })
      answer(response, request)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const agent = sinkAgent({
    guard: { allow: ['127.0.0.1/32' as Prefix] },
    connectTimeoutMs: 5_000,
    connectionsPerHost: 4,
  })
  opened.push({
    async close() {
      await agent.destroy()
      server.closeAllConnections()
      server.close()
    },
  })
  let now = Date.parse('2026-03-01T12:00:00Z')
  const keys = {
    assert: async ({ clientId, audience }: { clientId: string; audience: string }) => `${clientId}@${audience}`,
  }
  return {
    asked,
    tokens: new SinkTokenSource({ keys, agent, realNow: () => now }),
    client: { clientId: 'gateway', tokenUri: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token` },
    pass: (ms: number) => {
      now += ms
    },
  }
}

const json = (body: string) => (response: ServerResponse) =>
  response.setHeader('content-type', 'application/json').end(body)

describe('tokens for sinks [PrivateKeyJWTCredential]', () => {
  it('are asked for with a signed assertion [RFC 7523 section 2.2]', async () => {
    const { asked, tokens, client } = await withEndpoint(json(good()))
    expect(await tokens.get(APP, { ...client, audience: 'https://as.example', scope: 'events' })).toEqual({
      token: 'token-1',
    })
    expect(asked).toEqual([
      {
        type: 'application/x-www-form-urlencoded',
        form: {
          grant_type: 'client_credentials',
          client_id: 'gateway',
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          client_assertion: 'gateway@https://as.example',
          scope: 'events',
        },
      },
    ])
  })

  it('are for the token endpoint itself, unless something else was agreed on', async () => {
    const { asked, tokens, client } = await withEndpoint(json(good()))
    await tokens.get(APP, client)
    expect(asked[0]?.form['client_assertion']).toBe(`gateway@${client.tokenUri}`)
    expect(asked[0]?.form['scope']).toBeUndefined()
  })

  it('are requested once for any number of events, and kept until shortly before their expiry', async () => {
    const { asked, tokens, client, pass } = await withEndpoint(json(good()))
    await Promise.all(Array.from({ length: 20 }, () => tokens.get(APP, client)))
    expect(asked).toHaveLength(1)
    pass(569_999)
    await tokens.get(APP, client)
    expect(asked).toHaveLength(1)
    pass(1)
    await tokens.get(APP, client)
    expect(asked).toHaveLength(2)
  })

  it.each([
    ['a tenth', { expires_in: 20 }, 18_000],
    ['five minutes, less 30 s, where nothing is said', { expires_in: undefined }, 270_000],
    ['five minutes, less 30 s, where nonsense is said', { expires_in: -1 }, 270_000],
  ])('are kept for their life without %s', async (_what, more, ms) => {
    const { asked, tokens, client, pass } = await withEndpoint(json(good(more)))
    await tokens.get(APP, client)
    pass(ms - 1)
    await tokens.get(APP, client)
    expect(asked).toHaveLength(1)
    pass(1)
    await tokens.get(APP, client)
    expect(asked).toHaveLength(2)
  })

  it('are requested again when a sink has refused one, or when the token client was changed', async () => {
    let n = 0
    const { asked, tokens, client } = await withEndpoint((response) =>
      json(good({ access_token: `token-${++n}` }))(response),
    )
    await tokens.get(APP, client)
    tokens.refused(APP, client, 'another')
    await tokens.get(APP, client)
    expect(asked).toHaveLength(1)
    tokens.refused(APP, client, 'token-1')
    expect(await tokens.get(APP, client)).toEqual({ token: 'token-2' })
    expect(await tokens.get(APP, { ...client, scope: 'more' })).toEqual({ token: 'token-3' })
    expect(await tokens.get('app-2' as ApplicationId, client)).toEqual({ token: 'token-4' })
  })

  it.each<[string, (response: ServerResponse) => void, string]>([
    [
      'refuses',
      (response) => response.writeHead(401).end('{"error":"invalid_client","error_description":"secret"}'),
      'no token: the token endpoint answered 401 invalid_client',
    ],
    [
      'refuses without a word',
      (response) => response.writeHead(500).end('<html>'),
      'no token: the token endpoint answered 500',
    ],
    [
      'redirects',
      (response) => response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end(),
      'no token: the token endpoint answered 307',
    ],
    [
      'answers without a token',
      json('{"token_type":"Bearer"}'),
      'no token: the token endpoint answered without a token',
    ],
    [
      'answers with a token that would split a header',
      json(good({ access_token: 'a\r\nb' })),
      'no token: the token endpoint answered without a token',
    ],
    [
      'answers with another kind of token',
      json(good({ token_type: 'mac' })),
      'no token: the token endpoint answered with a token that is not a bearer token',
    ],
    ['answers what is no JSON', json('token'), 'no token: the token endpoint answered without a token'],
    [
      'answers with too much',
      json(good({ more: 'x'.repeat(70_000) })),
      'no token: the token endpoint sent an answer that is too long',
    ],
    ['hangs up', (response) => response.destroy(), 'no token: not reached: UND_ERR_SOCKET'],
  ])('are not available if the endpoint %s, and it is not asked again for a second', async (_what, answer, failure) => {
    const { asked, tokens, client, pass } = await withEndpoint(answer)
    expect(await tokens.get(APP, client)).toEqual({ failure })
    await tokens.get(APP, client)
    expect(asked).toHaveLength(1)
    pass(1_000)
    await tokens.get(APP, client)
    expect(asked).toHaveLength(2)
  })

  it('are not asked for at an address that must not be dialled', async () => {
    const { tokens, client } = await withEndpoint(json(good()))
    const answer = await tokens.get(APP, { ...client, tokenUri: 'https://169.254.169.254/token' })
    expect(answer).toEqual({ failure: expect.stringContaining('sinks.allow') as string })
  })
})
