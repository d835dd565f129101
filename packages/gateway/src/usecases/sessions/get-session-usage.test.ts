import type { ErrorInfo } from '@rightofway/camara'
import { describe, expect, it } from 'vitest'
import { QOD, withGateway } from '../../../test/support/gateway.js'

describe('getSessionUsage', () => {
  it('answers 404 where the network does not count, and says so [ours]', () =>
    withGateway(async ({ call, create }) => {
      const { sessionId } = await create()
      const answer = await call<ErrorInfo>('GET', `${QOD}/sessions/${sessionId}/usage`)
      expect(answer).toMatchObject({
        status: 404,
        body: { code: 'NOT_FOUND', message: 'The network of this session does not measure traffic.' },
      })
    }))

  it('is for the owner of the session alone', () =>
    withGateway(async ({ call, create, newKey }) => {
      const { sessionId } = await create()
      const { key } = await newKey()
      expect(await call('GET', `${QOD}/sessions/${sessionId}/usage`, { key })).toMatchObject({
        status: 403,
        body: { code: 'PERMISSION_DENIED' },
      })
    }))
})
