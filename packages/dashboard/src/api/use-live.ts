import { useEffect, useState, useSyncExternalStore } from 'react'
import { type Live, live } from './live.js'

/** The sessions, live. */
export const useLive = (): Live => useSyncExternalStore(live.subscribe, () => live.state)

/** The same, without having the sessions come. */
export const useLook = (): Live => useSyncExternalStore(live.watch, () => live.state)

/** What time it is for sessions, every second (ms since the epoch). */
export function useNow(): number {
  const [now, setNow] = useState(() => live.now())
  useEffect(() => {
    const tick = () => setNow(live.now())
    const timer = setInterval(tick, 1_000)
    const stop = live.onClock(tick)
    return () => {
      clearInterval(timer)
      stop()
    }
  }, [])
  return now
}
