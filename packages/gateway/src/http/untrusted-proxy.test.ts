import { describe, expect, it } from 'vitest'
import { withGateway } from '../../test/support/gateway.js'

/** Log lines about proxies during requests with these headers. */
async function warnings(headers: Record<string, string>, settings: Record<string, unknown> = {}): Promise<object[]> {
  const logs: string[] = []
  await withGateway(
    async ({ call }) => {
      for (let request = 0; request < 3; request++) await call('GET', '/healthz', { headers })
    },
    { logs, settings },
  )
  return logs.map((line) => JSON.parse(line) as { msg: string }).filter(({ msg }) => msg.includes('listen.trustProxy'))
}

describe('a proxy', () => {
  it('that is not trusted is logged once, with the setting that trusts it', async () => {
    expect(await warnings({ 'x-forwarded-for': '203.0.113.7' })).toMatchObject([
      { level: 40, peer: '127.0.0.1', msg: expect.stringContaining('X-Forwarded-For') as unknown },
    ])
  })

  it('that is trusted, or sends no header, is not logged', async () => {
    expect(await warnings({ 'x-forwarded-for': '203.0.113.7' }, { 'listen.trustProxy': '127.0.0.0/8' })).toEqual([])
    expect(await warnings({})).toEqual([])
  })

  it('does not cause the address of a client to be logged', async () => {
    const [warning] = await warnings({ 'x-forwarded-for': '203.0.113.7' })
    expect(JSON.stringify(warning)).not.toContain('203.0.113.7')
  })
})
