import { statSync } from 'node:fs'
import { request } from 'node:http'
import { json } from 'node:stream/consumers'
import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, it } from 'vitest'
import { type TestGateway, withGateway } from '../../../test/support/gateway.js'
import { routedPaths } from '../../../test/support/routed-paths.js'
import { SIMULATED_NETWORK } from '../../../test/support/simulated-network.js'

const BASE = '/admin/v1'

interface Document {
  paths: Record<
    string,
    Record<
      string,
      { operationId: string; security?: object[]; parameters?: { name: string; schema: { pattern?: string } }[] }
    >
  >
}

const documentOf = async ({ callAdmin }: TestGateway) => (await callAdmin<Document>('GET', '/openapi.json')).body

/** Routed paths, as OpenAPI writes them, without those of the documentation page. */
const operationPaths = ({ adminApp }: TestGateway): string[] =>
  routedPaths(adminApp)
    .filter((path) => path.startsWith(BASE) && !/\/(docs|openapi\.json)/.test(path))
    .map((path) => path.slice(BASE.length).replaceAll(/:(\w+)/g, '{$1}'))

describe('the admin API', () => {
  it('has a valid OpenAPI document', () =>
    withGateway(async (gateway) => {
      expect(await new Validator().validate({ ...(await documentOf(gateway)) })).toEqual({ valid: true })
    }))

  it('documents every route with all of its methods, and nothing else', () =>
    withGateway(async (gateway) => {
      const { paths } = await documentOf(gateway)
      expect(Object.keys(paths).sort()).toEqual(operationPaths(gateway).sort())
      for (const [path, operations] of Object.entries(paths)) {
        // Allow lists the methods of a path.
        const { headers } = await gateway.callAdmin('OPTIONS', path.replaceAll(/\{\w+\}/g, 'x'))
        const allowed = (headers['allow'] ?? '').split(', ').filter((method) => method !== 'HEAD')
        expect(Object.keys(operations).sort(), path).toEqual(allowed.map((method) => method.toLowerCase()).sort())
      }
      const names = Object.values(paths).flatMap((operations) => Object.values(operations).map((o) => o.operationId))
      expect(new Set(names).size).toBe(names.length)
    }))

  it('documents which characters it refuses in texts', () =>
    withGateway(async (gateway) => {
      const { paths } = await documentOf(gateway)
      const [eventId] = paths['/events/{eventId}/redeliver']?.['post']?.parameters ?? []
      expect(eventId?.schema.pattern).toBe('^[^\\u0000-\\u001f\\u007f]*$')
      expect((await gateway.callAdmin('POST', '/events/a%07/redeliver')).status).toBe(400)
    }))

  it('documents, where users sign in, which operations need no sign-in, and takes the author from the sign-in', () =>
    withGateway(
      async (gateway) => {
        const { paths } = (await gateway.call<Document>('GET', `${BASE}/openapi.json`)).body
        expect(paths['/sign-in']?.['get']?.security).toEqual([])
        expect(paths['/me']?.['get']?.security).toBeUndefined()
        expect(JSON.stringify(paths)).not.toContain('"X-Operator"')
        expect(JSON.stringify((await documentOf(gateway)).paths)).toContain('"X-Operator"')
      },
      { settings: { 'dashboard.enabled': true } },
    ))

  it('has no operation that moves the clock outside of a sandbox', () =>
    withGateway(
      async (gateway) => {
        const { paths } = await documentOf(gateway)
        expect(Object.keys(paths).filter((path) => path.startsWith('/sandbox'))).toEqual([])
        expect((await gateway.callAdmin('GET', '/sandbox/clock')).status).toBe(404)
      },
      { settings: { sandbox: false }, networks: [SIMULATED_NETWORK] },
    ))

  it('is not on the listener of applications, unless the dashboard is', () =>
    withGateway(async ({ call }) => {
      expect((await call('GET', `${BASE}/status`)).status).toBe(404)
      expect((await call('GET', `${BASE}/openapi.json`)).status).toBe(404)
      expect((await call('GET', '/dashboard/')).status).toBe(404)
    }))

  it('listens on a unix socket that only its owner can open', () =>
    withGateway(async ({ adminSocket }) => {
      expect(statSync(adminSocket).mode & 0o777).toBe(0o600)
      const status = await new Promise<unknown>((resolve, reject) => {
        request({ socketPath: adminSocket, path: `${BASE}/status` }, (response) => resolve(json(response)))
          .on('error', reject)
          .end()
      })
      expect(status).toMatchObject({ ready: true })
    }))

  it('answers unknown paths in the common form of errors', () =>
    withGateway(async ({ callAdmin }) => {
      expect((await callAdmin('GET', '/nowhere')).body).toEqual({
        status: 404,
        code: 'NOT_FOUND',
        message: 'There is nothing at this path.',
      })
      expect((await callAdmin('PUT', '/status')).headers['allow']).toBe('GET, HEAD')
    }))
})
