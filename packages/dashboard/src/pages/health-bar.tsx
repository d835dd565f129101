import { useGet } from '../api/use-get.js'

interface GatewayStatus {
  readonly problems: readonly string[]
  readonly warnings: readonly string[]
}

const EVERY_MS = 30_000

/** What keeps the gateway from its work, and what an operator is warned of; nothing while all is well. */
export function HealthBar() {
  const { data } = useGet<GatewayStatus>('/status', EVERY_MS)
  const said = [...(data?.problems ?? []), ...(data?.warnings ?? [])]
  if (said.length === 0) return null
  return (
    <section className="sandbox-bar" aria-label="State of the gateway">
      <strong>{data?.problems.length === 0 ? 'Warning' : 'Not ready'}</strong>
      <span>{said.join('; ')}</span>
    </section>
  )
}
