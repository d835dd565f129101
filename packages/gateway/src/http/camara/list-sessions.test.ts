import type { ErrorInfo, SessionInfo } from '@rightofway/camara'
import { describe, expect, it } from 'vitest'
import { QOD, type TestGateway, withGateway } from '../../../test/support/gateway.js'

const at = (host: number) => ({ applicationServer: { ipv4Address: `198.51.100.${host}` } })

const list = async ({ call }: TestGateway, query = '', key?: string) => {
  const answer = await call<SessionInfo[] & ErrorInfo>(
    'GET',
    `${QOD}/sessions${query}`,
    key === undefined ? {} : { key },
  )
  const [, next] = /^<(.*)>; rel="next"$/.exec(answer.headers['link'] ?? '') ?? []
  return { status: answer.status, sessions: answer.body, next }
}

/** Sessions in the order of creation: ids of one millisecond have no order. */
async function createSome(gateway: TestGateway, count: number): Promise<SessionInfo[]> {
  const made: SessionInfo[] = []
  for (let host = 1; host <= count; host++) {
    made.push(await gateway.create(at(host)))
    await gateway.advance(1)
  }
  return made
}

describe('listSessions', () => {
  it('lists the caller’s own, newest first, page by page', () =>
    withGateway(async (gateway) => {
      const made = (await createSome(gateway, 3)).toReversed()
      const { key } = await gateway.newKey()
      expect((await list(gateway, '', key)).sessions).toEqual([])
      expect(await list(gateway)).toEqual({ status: 200, sessions: made, next: undefined })
      const seen: SessionInfo[] = []
      let pages = 0
      for (let query: string | undefined = '?limit=1'; query !== undefined; pages++) {
        const page = await list(gateway, query)
        seen.push(...page.sessions)
        query = page.next
      }
      expect(seen).toEqual(made)
      expect(pages).toBe(3)
    }))

  it('continues at the same place after creates and deletes', () =>
    withGateway(async (gateway) => {
      const made = (await createSome(gateway, 3)).toReversed()
      const first = await list(gateway, '?limit=2')
      await gateway.create(at(99))
      await gateway.call('DELETE', `${QOD}/sessions/${made[1]?.sessionId}`)
      expect((await list(gateway, first.next)).sessions).toEqual(made.slice(2))
    }))

  it('filters by status and profile, and lists ended sessions while they are retained', () =>
    withGateway(async (gateway) => {
      const brief = await gateway.create({ ...at(1), duration: 1 })
      const other = await gateway.create({ ...at(2), qosProfile: 'QOS_S' })
      await gateway.advance(1)
      const ids = async (query: string) => (await list(gateway, query)).sessions.map(({ sessionId }) => sessionId)
      expect(await ids('?qosStatus=UNAVAILABLE')).toEqual([brief.sessionId])
      expect(await ids('?qosStatus=AVAILABLE&qosProfile=QOS_S')).toEqual([other.sessionId])
      expect(await ids('?qosStatus=AVAILABLE&qosProfile=QOS_L')).toEqual([])
      await gateway.advance(360)
      expect(await ids('?qosStatus=UNAVAILABLE')).toEqual([])
    }))

  it('does not list a deleted session whose release is pending', () =>
    withGateway(async (gateway) => {
      await gateway.admin('PUT', '/networks/simulator/simulator/release-delay', { ms: 60_000 })
      const { sessionId } = await gateway.create()
      await gateway.call('DELETE', `${QOD}/sessions/${sessionId}`)
      expect((await list(gateway)).sessions).toEqual([])
      await gateway.advance(60)
    }))
})
