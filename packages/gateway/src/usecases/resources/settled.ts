import type { ResourceId } from '@rightofway/camara'
import type { Resource } from '../../domain/resource.js'
import type { SessionStore } from '../../ports/store/sessions.js'

const isAnswered = ({ status }: Resource): boolean => status !== 'REQUESTED'

/**
 * Watches a session or an assignment from now on; `settled` resolves with it once the network has answered (undefined:
 * it is forgotten), or with the last that was seen of it when `timeoutMs` of real time have passed. It watches the store,
 * not a promise in memory: the network's answer may come to another process.
 * @typeParam R what the id names
 * @param isSettled default: it is no longer REQUESTED
 */
export function watchSettling<R extends Resource>(
  sessions: Pick<SessionStore, 'watch'>,
  id: ResourceId,
  isSettled: (resource: R) => boolean = isAnswered,
) {
  let latest: R | undefined
  let decided = false
  let wake: () => void = () => undefined
  const unwatch = sessions.watch(id, (stored) => {
    latest = stored?.session as R | undefined
    decided = latest === undefined || isSettled(latest)
    if (decided) wake()
  })
  return {
    async settled(current: R, timeoutMs: number): Promise<R | undefined> {
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
