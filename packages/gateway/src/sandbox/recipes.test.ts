import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { json } from 'node:stream/consumers'
import { ERRORS, type ErrorInfo } from '@rightofway/camara'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestGateway, type TestGateway } from '../../test/support/gateway.js'
import { FAULTS } from './faults.js'
import { RECIPES, type Recipe, type Step } from './recipes.js'
import { APPLICATIONS, keyText } from './world.js'

const KEYS = new Map(
  APPLICATIONS.flatMap(({ keys }) => keys.map((key): [string, string] => [key.what, `Bearer ${keyText(key)}`])),
)
const STATUSES: Readonly<Record<string, number>> = {
  ...Object.fromEntries(Object.entries(ERRORS).map(([code, { status }]) => [code, status])),
  ...FAULTS,
}

interface Told {
  readonly status: number
  readonly body: Partial<ErrorInfo> & { readonly sessionId?: string; readonly token?: string }
}

let gateway: TestGateway

beforeAll(async () => {
  gateway = await startTestGateway()
})
afterAll(() => gateway.close())

/** Does a recipe step by step, over HTTP, as who reads it would. */
async function cook(steps: readonly Step[]): Promise<Told[]> {
  let session = ''
  let token = ''
  const answers: Told[] = []
  for (const step of steps) {
    const { status, body = {} } = await send(step, session, token)
    session = body.sessionId ?? session
    token = body.token ?? token
    answers.push({ status, body })
  }
  return answers
}

async function send({ as = 'A', admin, method, path, headers, body }: Step, session: string, token: string) {
  if (admin) return gateway.callAdmin<Told['body']>(method as 'GET', path, body as object)
  const authorization = as === 'token' ? `Bearer ${token}` : KEYS.get(as)
  if (authorization === undefined && as !== 'nobody') throw new Error(`the sandbox has no key named ${as}`)
  // Unlike `fetch`, this sends any method and any header.
  const sent = request(gateway.url + path.replace('{sessionId}', session), {
    method,
    headers: {
      ...(authorization !== undefined && { authorization }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
  })
  sent.end(typeof body === 'object' ? JSON.stringify(body) : body)
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  return { status: answer.statusCode as number, body: (await json(answer)) as Told['body'] }
}

describe('the recipes of docs/guides/sandbox.md', () => {
  it('provoke every code that there is [contract.md]', () => {
    const provoked = new Set<string>(RECIPES.map(({ code }) => code))
    expect(Object.keys(STATUSES).filter((code) => !provoked.has(code))).toEqual([])
  })

  it.each(RECIPES.map((recipe, index): [string, Recipe] => [`${index + 1}. ${recipe.code}`, recipe]))(
    'provoke %s',
    async (_title, { code, steps, after = [] }) => {
      const answers = await cook(steps)
      for (const { status } of await cook(after)) expect(status).toBe(200)
      const last = answers.pop()
      expect(answers.filter(({ status }) => status >= 300)).toEqual([])
      expect(last).toMatchObject({ status: STATUSES[code], body: { status: STATUSES[code], code } })
    },
  )

  it('leave nothing behind that is in the way: what is right is still answered', async () => {
    const [answer] = await cook([{ method: 'GET', path: '/qos-profiles/v1/qos-profiles/QOS_L' }])
    expect(answer).toMatchObject({ status: 200 })
    const device = { networkAccessIdentifier: 'device@testcsp.net' }
    const [list] = await cook([{ method: 'POST', path: '/quality-on-demand/v1/retrieve-sessions', body: { device } }])
    expect(list?.status).toBe(200)
  })
})
