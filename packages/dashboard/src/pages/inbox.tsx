import { call } from '../api/client.js'
import { useGet } from '../api/use-get.js'
import { useMay } from '../lib/me.js'
import { Copy } from '../ui/copy.js'
import { useAction } from '../ui/dialog.js'
import { ErrorNote, Shown } from '../ui/feedback.js'
import { Link } from '../ui/link.js'
import { SessionStatus } from '../ui/status.js'
import { Time } from '../ui/time.js'

export interface SandboxInbox {
  /** URL that a session can have as its sink. */
  readonly sink: string
  readonly events: readonly { readonly receivedAt: string; readonly event: SandboxEvent }[]
}

interface SandboxEvent {
  readonly id?: string
  readonly type?: string
  readonly time?: string
  readonly data?: { readonly sessionId?: string; readonly qosStatus?: string; readonly statusInfo?: string }
}

/** What came to the sandbox's own sink. */
export function Inbox() {
  const got = useGet<SandboxInbox>('/sandbox/inbox', 2_000)
  const may = useMay('operator')
  const { busy, error, run } = useAction()
  return (
    <section className="card" aria-label="Inbox">
      <div className="row between">
        <h2>Inbox</h2>
        {may && (
          <button
            type="button"
            disabled={busy || got.data?.events.length === 0}
            onClick={() => run(() => call('DELETE', '/sandbox/inbox'), got.reload)}
          >
            Empty it
          </button>
        )}
      </div>
      {error && <ErrorNote error={error} />}
      <Shown got={got}>
        {({ sink, events }) => (
          <>
            <p className="row">
              <span className="soft">Sessions with this sink send their events here:</span> <code>{sink}</code>
              <Copy text={sink} what="the sink" />
            </p>
            {events.length === 0 ? (
              <p className="soft">No events yet.</p>
            ) : (
              <div className="scroll-x">
                <table>
                  <thead>
                    <tr>
                      <th>Event</th>
                      <th>Happened</th>
                      <th>Came</th>
                      <th>Session</th>
                      <th>Id</th>
                    </tr>
                  </thead>
                  <tbody>
                    {events.map(({ receivedAt, event: { id, time, data } }) => (
                      <tr key={`${receivedAt} ${id}`}>
                        <td>
                          <SessionStatus status={data?.qosStatus ?? '?'} info={data?.statusInfo} /> {data?.statusInfo}
                        </td>
                        <td>{time && <Time at={time} />}</td>
                        <td>
                          <Time at={receivedAt} />
                        </td>
                        <td className="mono">
                          {data?.sessionId && <Link to={`/sessions/${data.sessionId}`}>{data.sessionId}</Link>}
                        </td>
                        <td className="mono">{id}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            )}
          </>
        )}
      </Shown>
    </section>
  )
}
