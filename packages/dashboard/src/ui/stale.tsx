import { live } from '../api/live.js'
import { useLook } from '../api/use-live.js'
import { Time } from './time.js'

/** Says that the sessions on the page are not those of now. */
export function Stale() {
  const { loaded, connected } = useLook()
  if (!loaded || connected) return null
  return (
    <p className="note wait" role="status">
      The gateway does not answer. Sessions are shown as they were at <Time at={new Date(live.now()).toISOString()} />.
      The page reconnects by itself.
    </p>
  )
}
