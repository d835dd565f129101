import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PROFILES, withDataDir, withGateway } from '../../test/support/gateway.js'

interface Report {
  ready: boolean
  problems: string[]
}

describe('/healthz', () => {
  it('reports to every caller that the process is alive', () =>
    withGateway(async ({ call }) => {
      expect(await call('GET', '/healthz', { key: null })).toMatchObject({ status: 200, body: { alive: true } })
    }))
})

describe('/readyz', () => {
  it('is 200 while the gateway can do all of its work', () =>
    withGateway(async ({ call }) => {
      const answer = await call<Report>('GET', '/readyz', { key: null })
      expect(answer).toMatchObject({ status: 200, body: { ready: true, problems: [] } })
    }))

  it('is 503 with a reason while secrets cannot be decrypted; sessions continue without them', () =>
    withDataDir(async (dataDir) => {
      await withGateway(({ create }) => create(), { dataDir })
      rmSync(join(dataDir, 'keyring'))
      await withGateway(
        async ({ call, create }) => {
          const { status, body } = await call<Report>('GET', '/readyz', { key: null })
          expect(status).toBe(503)
          expect(body).toEqual({
            ready: false,
            problems: ['there is no keyring, but the store has secrets that need one'],
            warnings: [],
          })
          expect((await create({ applicationServer: { ipv4Address: '233.252.0.3' } })).qosStatus).toBe('AVAILABLE')
        },
        { dataDir },
      )
    }))
})

describe('/metrics', () => {
  it('counts every answer for Prometheus, by operation and status, without personal data', () =>
    withGateway(async ({ app, call, create, key }) => {
      const { sessionId } = await create()
      await call('GET', `${PROFILES}/qos-profiles/QOS_XXL`)
      const { statusCode, headers, body } = await app.inject({ url: '/metrics' })
      expect(statusCode).toBe(200)
      expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/)
      expect(body).toMatch(/^rightofway_http_request_seconds_count\{operation="createSession",status="201"\} 1$/m)
      expect(body).toMatch(/^rightofway_http_request_seconds_count\{operation="getQosProfile",status="404"\} 1$/m)
      for (const secret of [sessionId, key, '36721601234567', '233.252.0.2', '192.0.2.25']) {
        expect(body).not.toContain(secret)
      }
    }))

  it.skipIf(!existsSync('/proc/self/fd'))(
    'shows the number of open files and connections of the process, and its limit',
    () =>
      withGateway(async ({ app }) => {
        const metric = async (name: string) => {
          const { body } = await app.inject({ url: '/metrics' })
          return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(body)?.[1])
        }
        const before = await metric('process_open_fds')
        expect(before).toBeGreaterThan(2)
        const files = Array.from({ length: 20 }, () => openSync('/dev/null', 'r'))
        try {
          // Other tests of this process also open files, but not as many.
          expect((await metric('process_open_fds')) - before).toBeGreaterThan(10)
        } finally {
          for (const file of files) closeSync(file)
        }
        const [, limit] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
        expect(await metric('process_max_fds')).toBe(Number(limit))
      }),
  )

  it('answers only allowed addresses: by default this machine', () =>
    withGateway(
      async ({ app }) => {
        const statusFor = async (remoteAddress: string) =>
          (await app.inject({ url: '/metrics', remoteAddress })).statusCode
        expect(await statusFor('198.51.100.7')).toBe(200)
        expect(await statusFor('::ffff:198.51.100.7')).toBe(200)
        expect(await statusFor('198.51.101.7')).toBe(403)
        expect(await statusFor('127.0.0.1')).toBe(403)
      },
      { settings: { 'metrics.allow': ['198.51.100.0/24'] } },
    ))
})
