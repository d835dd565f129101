import { useState } from 'react'
import { get } from '../api/client.js'
import type { AuditRecord } from '../api/types.js'
import { useGet } from '../api/use-get.js'
import { useAction } from '../ui/dialog.js'
import { Empty, ErrorNote, Shown } from '../ui/feedback.js'
import { Link } from '../ui/link.js'
import { Status } from '../ui/status.js'
import { Time } from '../ui/time.js'
import { Changes } from './changes.js'

/** As many as one answer holds. */
const PAGE = 200

/** @param show `changes`: what was changed, and from what to what; else what was done */
export function Audit({ show }: { readonly show: string | undefined }) {
  const changes = show === 'changes'
  return (
    <>
      <div className="head">
        <h1>Audit log</h1>
        <nav className="row" aria-label="What to show">
          <Link to="/audit" aria-current={changes ? undefined : 'page'}>
            Operations
          </Link>
          <Link to="/audit/changes" aria-current={changes ? 'page' : undefined}>
            Changes of profiles and limits
          </Link>
        </nav>
      </div>
      {changes ? <Changes /> : <Done />}
    </>
  )
}

function Done() {
  const got = useGet<AuditRecord[]>('/audit', 5_000)
  const [older, setOlder] = useState<readonly AuditRecord[]>([])
  const [search, setSearch] = useState('')
  const { busy, error, run } = useAction()
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  return (
    <>
      <search className="filters">
        <input
          type="search"
          aria-label="Search"
          placeholder="Search  ( / )"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
      </search>
      <Shown got={got}>
        {(newest) => {
          const last = newest.at(-1)?.id ?? 0
          const all = [...newest, ...older.filter(({ id }) => id < last)]
          const shown = all.filter((record) =>
            words.every((word) => Object.values(record).join(' ').toLowerCase().includes(word)),
          )
          const more = all.at(-1)?.id
          if (all.length === 0) {
            return (
              <Empty title="No entries yet">
                <p>
                  Every operation that adds, changes or ends something is recorded with its author, here or on the
                  command line.
                </p>
              </Empty>
            )
          }
          return (
            <div className="stack">
              <div className="scroll-x">
                <table>
                  <thead>
                    <tr>
                      <th>When</th>
                      <th>Who</th>
                      <th>What</th>
                      <th>To</th>
                      <th>Outcome</th>
                    </tr>
                  </thead>
                  <tbody>
                    {shown.map(({ id, at, actor, action, target, refused }) => (
                      <tr key={id}>
                        <td>
                          <Time at={at} />
                        </td>
                        <td>{actor}</td>
                        <td>{action}</td>
                        <td className="mono">{target ?? '–'}</td>
                        <td>
                          {refused === undefined ? (
                            <Status kind="good">done</Status>
                          ) : (
                            <Status kind="bad">{refused}</Status>
                          )}
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
              {error && <ErrorNote error={error} />}
              {all.length >= PAGE && (
                <div>
                  <button
                    type="button"
                    disabled={busy}
                    onClick={() =>
                      run(async () => setOlder([...older, ...(await get<AuditRecord[]>(`/audit?before=${more}`))]))
                    }
                  >
                    Older entries
                  </button>
                </div>
              )}
            </div>
          )
        }}
      </Shown>
    </>
  )
}
