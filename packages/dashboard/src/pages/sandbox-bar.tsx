import { useEffect } from 'react'
import { call } from '../api/client.js'
import { live } from '../api/live.js'
import { useGet } from '../api/use-get.js'
import { useNow } from '../api/use-live.js'
import { momentText } from '../lib/format.js'
import { useMay } from '../lib/me.js'
import { useAction } from '../ui/dialog.js'
import { Time } from '../ui/time.js'

export interface SandboxClock {
  readonly now: string
  readonly nextAlarm?: string
}

/** The hand of the sandbox's clock. */
export function SandboxBar() {
  const got = useGet<SandboxClock>('/sandbox/clock', 5_000)
  const told = got.data?.now
  useEffect(() => {
    if (told !== undefined) live.setNow(told)
  }, [told])
  const now = useNow()
  const may = useMay('operator')
  const { busy, error, run } = useAction()
  const move = (by: object) =>
    run(async () => {
      const moved = await call<SandboxClock>('POST', '/sandbox/clock/advance', by)
      live.setNow(moved.now)
      got.reload()
    })
  const at = new Date(now)
  return (
    <section className="sandbox-bar" aria-label="Sandbox clock">
      <strong>Sandbox</strong>
      <span className="num">
        it is{' '}
        <time dateTime={at.toISOString()} title={at.toISOString()}>
          {momentText(at, new Date())}
        </time>
      </span>
      {may && (
        <>
          <button type="button" disabled={busy} onClick={() => move({ seconds: 60 })}>
            + 1 min
          </button>
          <button type="button" disabled={busy} onClick={() => move({ seconds: 3_600 })}>
            + 1 h
          </button>
          <button
            type="button"
            disabled={busy || got.data?.nextAlarm === undefined}
            onClick={() => move({ toNextAlarm: true })}
          >
            To the next event
          </button>
        </>
      )}
      {got.data?.nextAlarm && (
        <span className="soft">
          next: <Time at={got.data.nextAlarm} />
        </span>
      )}
      {error && <span className="wrong">{error.message}</span>}
    </section>
  )
}
