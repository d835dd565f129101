import type { SessionInfo } from '@rightofway/camara'
import { request } from 'undici'
import type { History } from './history.js'

/** The current state of each session. */
export async function readFinal(url: string, key: string, ids: ReadonlySet<string>): Promise<History['final']> {
  const final = new Map<string, SessionInfo | null>()
  for (const id of ids) {
    const answer = await request(`${url}/quality-on-demand/v1/sessions/${id}`, {
      headers: { authorization: `Bearer ${key}` },
    })
    const text = await answer.body.text()
    if (answer.statusCode !== 200 && answer.statusCode !== 404) throw new Error(`${answer.statusCode} ${text}`)
    final.set(id, answer.statusCode === 404 ? null : (JSON.parse(text) as SessionInfo))
  }
  return final
}
