import { APIS } from '@rightofway/camara/schemas'
import { Validator } from '@seriousme/openapi-schema-validator'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestGateway, type TestGateway } from '../../../test/support/gateway.js'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway()
})
afterAll(() => gateway.close())

const BASES = APIS.flatMap(({ basePaths }) => basePaths)

const get = (path: string) => gateway.call<Record<string, unknown>>('GET', path, { key: null })

describe.each(BASES)('%s', (base) => {
  it('serves its OpenAPI document without authentication', async () => {
    const { status, headers, body } = await get(`${base}/openapi.json`)
    expect(status).toBe(200)
    expect(headers['content-type']).toBe('application/json; charset=utf-8')
    expect(await new Validator().validate(structuredClone(body))).toEqual({ valid: true })
    expect(body['servers']).toEqual([{ url: base }])
  })

  it('has a documentation page, all of whose files come from the gateway', async () => {
    for (const path of [`${base}/docs`, `${base}/docs/`]) {
      const page = await get(path)
      expect(page).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } })
      // The policy forbids the page to fetch from other origins.
      const policy = page.headers['content-security-policy'] ?? ''
      expect(policy).toMatch(/^default-src 'self';/)
      expect(policy).not.toMatch(/https?:|\*|\.(com|io|net|org)\b/)
      const parts = [...page.text.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, part]) => part as string)
      expect(parts.length).toBeGreaterThan(4)
      for (const part of parts) {
        const { pathname, host } = new URL(part, `http://gateway${base}/docs/`)
        expect(host).toBe('gateway')
        expect((await get(pathname)).status, pathname).toBe(200)
      }
    }
  })

  it('configures that page with this document, and without an external validator', async () => {
    const { text } = await get(`${base}/docs/static/swagger-initializer.js`)
    expect(text).toContain('validatorUrl: null')
    const { body } = await get(`${base}/docs/json`)
    expect(body['servers']).toEqual([{ url: base }])
  })
})
