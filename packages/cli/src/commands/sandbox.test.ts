import { RECIPES, worldRows } from '@rightofway/gateway'
import { describe, expect, it, vi } from 'vitest'
import { cli, startWorld, temporaryFolder } from '../world.fixture.js'

const QOD = '/quality-on-demand/v1'
const NO_SESSION = `${QOD}/sessions/00000000-0000-4000-8000-000000000000`

describe('rightofway sandbox', () => {
  it('prints its contents, with the sinks of the one that is running', async () => {
    const { gateway, dataDir } = await startWorld()
    const { out, code } = await cli('sandbox')
    expect(code).toBe(0)
    expect(out).toMatch(/^KIND +PURPOSE +VALUE\n/)
    expect(out).toContain(`${gateway.url}/sandbox/inbox`)
    expect(out).toMatch(/https:\/\/127\.0\.0\.1:\d+\/sandbox\/inbox/)
    expect(out).toContain(`${dataDir}/sandbox-ca.pem`)
    const printed = JSON.parse((await cli('sandbox', 'world', '--json')).out) as object[]
    expect(printed).toHaveLength(worldRows().length)
    for (const { kind, what } of worldRows()) {
      expect(printed).toContainEqual(expect.objectContaining({ kind, what }))
      expect(out).toContain(what)
    }
  })

  it('prints the same without sinks if none is running', async () => {
    vi.stubEnv('RIGHTOFWAY_DATA_DIR', temporaryFolder())
    const { out, code } = await cli('sandbox')
    vi.unstubAllEnvs()
    expect(code).toBe(0)
    expect(out).toContain('+36721601234567')
    expect(out).toContain('https://127.0.0.1:<port>/sandbox/inbox')
  })

  it('prints every error and how to provoke it', async () => {
    const { out } = await cli('sandbox', 'errors')
    expect(out.trim().split('\n')).toHaveLength(RECIPES.length + 1)
    expect(out).toMatch(/409 +CONFLICT +A: a session with /)
  })

  it('creates tokens: valid ones, expired ones and ones of another issuer', async () => {
    const { gateway } = await startWorld()
    const statusWith = async (...options: string[]) => {
      const { out, code } = await cli('sandbox', 'token', 'ac0000000000', ...options)
      expect(code).toBe(0)
      const authorization = `Bearer ${out.trim()}`
      return (await fetch(gateway.url + NO_SESSION, { headers: { authorization } })).status
    }
    expect(await statusWith()).toBe(404)
    expect(await statusWith('--phone-number', '+36721601234567')).toBe(404)
    expect(await statusWith('--expired')).toBe(401)
    expect(await statusWith('--foreign')).toBe(401)
    expect(await cli('sandbox', 'token', 'a00000000000')).toMatchObject({ code: 5 })
  })
})
