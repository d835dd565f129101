// An authorization server of somebody else, as far as a gateway sees it: its keys, and tokens signed with them.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose'

export const AUDIENCE = 'https://qod.example'

export interface TestIssuer {
  readonly issuer: string
  readonly jwksUri: string
  /** How often its keys were asked for. */
  readonly asked: number
  /** A token that is good for ten minutes, unless `claims` say otherwise; undefined members are left out. */
  token(claims?: JWTPayload, header?: object): Promise<string>
  /** Signs with another key from now on, and publishes that one alone. */
  rotate(): Promise<void>
  /** Answers with this status from now on instead of its keys. */
  fail(status: number | undefined): void
  close(): Promise<void>
}

/** @param now milliseconds since the epoch */
export async function startIssuer(now: () => number = Date.now): Promise<TestIssuer> {
  const newKey = async (kid: string) => ({ kid, ...(await generateKeyPair('RS256', { extractable: true })) })
  let key = await newKey('k1')
  let asked = 0
  let failure: number | undefined
  const server = createServer((_request, response) => {
    asked++
    void exportJWK(key.publicKey).then((jwk: JWK) => {
      response.writeHead(failure ?? 200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ keys: [{ ...jwk, kid: key.kid, alg: 'RS256', use: 'sig' }] }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    issuer: url,
    jwksUri: `${url}/keys`,
    get asked() {
      return asked
    },
    token(claims = {}, header = {}) {
      const nowS = Math.floor(now() / 1000)
      const defaults = { iss: url, aud: AUDIENCE, sub: 'subscriber', client_id: 'shop', iat: nowS, exp: nowS + 600 }
      return new SignJWT({ ...defaults, scope: 'qos-profiles:read', ...claims })
        .setProtectedHeader({ alg: 'RS256', kid: key.kid, ...header })
        .sign(key.privateKey)
    },
    async rotate() {
      key = await newKey(`${key.kid}+`)
    },
    fail(status) {
      failure = status
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
