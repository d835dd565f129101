// What was decided about profiles and limits: by whom, when, and what it was before.

import { useState } from 'react'
import { get, part } from '../api/client.js'
import type { Change } from '../api/types.js'
import { useGet } from '../api/use-get.js'
import { differences } from '../lib/differences.js'
import { Dialog, useAction } from '../ui/dialog.js'
import { Empty, ErrorNote, Shown } from '../ui/feedback.js'
import { Link } from '../ui/link.js'
import { Time } from '../ui/time.js'

/** As many as one answer holds. */
const PAGE = 100

interface ChangesProps {
  /** Absent: of everything. */
  readonly of?: Change['of']
  /** Of one profile, or of one application. */
  readonly name?: string
}

export function Changes({ of, name }: ChangesProps) {
  const query = `${of === undefined ? '' : `&of=${of}`}${name === undefined ? '' : `&name=${part(name)}`}`
  const got = useGet<Change[]>(`/changes?${query.slice(1)}`)
  const [older, setOlder] = useState<readonly Change[]>([])
  const { busy, error, run } = useAction()
  return (
    <Shown got={got}>
      {(newest) => {
        const all = [...newest, ...older]
        const last = all.at(-1)?.number
        if (last === undefined) {
          return (
            <Empty title="No changes yet">
              <p>
                Every change of a profile or of the limits of an application is recorded with its author and the
                previous value.
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
                    {name === undefined && <th>Of</th>}
                    <th>Change</th>
                  </tr>
                </thead>
                <tbody>
                  {all.map((change) => (
                    <tr key={change.number}>
                      <td>
                        <Time at={change.at} />
                      </td>
                      <td>{change.by}</td>
                      {name === undefined && (
                        <td>
                          <Subject of={change.of} name={change.name} />
                        </td>
                      )}
                      <td className="wrap">
                        <Difference {...change} />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
            {error && <ErrorNote error={error} />}
            {last > 1 && all.length % PAGE === 0 && (
              <div>
                <button
                  type="button"
                  disabled={busy}
                  onClick={() =>
                    run(async () => setOlder([...older, ...(await get<Change[]>(`/changes?before=${last}${query}`))]))
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
  )
}

function Subject({ of, name }: Pick<Change, 'of' | 'name'>) {
  return of === 'profile' ? (
    <>
      profile <Link to="/profiles">{name}</Link>
    </>
  ) : (
    <>
      limits of <Link to={`/applications/${name}`}>{name}</Link>
    </>
  )
}

function Difference({ of, before, after }: Change) {
  const [none, gone] = of === 'profile' ? ['added', 'deleted'] : ['own limits', 'back to those of all']
  const lines = after === undefined ? [] : differences(before, after)
  return (
    <>
      {before === undefined && <p>{none}</p>}
      {after === undefined && <p>{gone}</p>}
      {before !== undefined && after !== undefined && lines.length === 0 && <p>saved as it was</p>}
      {lines.length > 0 && (
        <ul className="plain-list">
          {lines.map(({ path, was, is }) => (
            <li key={path}>
              {path}: {before !== undefined && <del>{was ?? 'none'}</del>} <ins>{is ?? 'none'}</ins>
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

interface ChangesDialogProps extends Required<ChangesProps> {
  readonly title: string
  readonly onClose: () => void
}

export function ChangesDialog({ title, onClose, ...which }: ChangesDialogProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      <Changes {...which} />
    </Dialog>
  )
}
