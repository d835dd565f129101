import type { SessionId } from '@rightofway/camara'
import type { Session } from '../../domain/session.js'
import type { SessionStore } from '../../ports/store/sessions.js'

/**
 * Watches a session from now on; `settled` resolves with it once it is no longer REQUESTED (undefined: it is
 * forgotten), or with the last that was seen of it when `timeoutMs` of real time have passed. It watches the store, not
 * a promise in memory: the network's answer may come to another process.
 */
export function watchSettling(sessions: SessionStore, id: SessionId) {
  let latest: Session | undefined
  let decided = false
  let wake: () => void = () => undefined
  const unwatch = sessions.watch(id, (stored) => {
    latest = stored?.session
    decided = latest?.status !== 'REQUESTED'
    if (decided) wake()
  })
  return {
    async settled(current: Session, timeoutMs: number): Promise<Session | undefined> {
      if (!decided) {
        latest ??= current
        let timer: NodeJS.Timeout | undefined
        await new Promise<void>((resolve) => {
          wake = resolve
          timer = setTimeout(resolve, timeoutMs)
        })
        clearTimeout(timer)
      }
      return latest
    },
    stop: unwatch,
  }
}
