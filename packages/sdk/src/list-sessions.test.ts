import { describe, expect, it } from 'vitest'
import { NetworkAsCodeClient } from './client.js'
import { camara } from './endpoint.js'
import { QodArgumentError } from './errors.js'
import { fakeFetch, json, refusal, sessionInfo } from './fakes.fixture.js'

const page = (ids: readonly string[], next?: string) =>
  json(
    200,
    ids.map((sessionId) => sessionInfo({ sessionId })),
    next === undefined ? {} : { link: `<${next}>; rel="next"` },
  )

describe('client.sessions.list', () => {
  it('fetches the next page by its link, and only when it is needed [RFC 8288]', async () => {
    const { fetch, asked } = fakeFetch([
      page(['a', 'b'], '?qosStatus=AVAILABLE&after=b'),
      page([], '?qosStatus=AVAILABLE&after=c'),
      page(['d']),
    ])
    const client = new NetworkAsCodeClient({ token: 'key', baseUrl: 'https://gateway.example/base', fetch })
    const list = client.sessions.list({ status: 'AVAILABLE' })
    expect(asked).toHaveLength(0)
    const seen: string[] = []
    for await (const { id } of list) {
      seen.push(id)
      if (id === 'b') expect(asked).toHaveLength(1)
    }
    expect(seen).toEqual(['a', 'b', 'd'])
    const url = 'https://gateway.example/base/quality-on-demand/v1/sessions?qosStatus=AVAILABLE'
    expect(asked.map((request) => request.url)).toEqual([url, `${url}&after=b`, `${url}&after=c`])
  })

  it('fails with the error of a page', async () => {
    const { fetch } = fakeFetch([page(['a'], '?after=a'), refusal(403, 'PERMISSION_DENIED')])
    const list = new NetworkAsCodeClient({ token: 'key', fetch }).sessions.list()
    expect((await list.next()).value?.id).toBe('a')
    await expect(list.next()).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
  })

  it('is refused for other endpoints', async () => {
    const endpoint = camara({ baseUrl: 'https://operator.example' })
    const list = new NetworkAsCodeClient({ endpoint, token: 'x' }).sessions.list()
    await expect(list.next()).rejects.toBeInstanceOf(QodArgumentError)
  })
})
