import type { QosProfile } from '@rightofway/camara'
import { useState } from 'react'
import { call, part } from '../api/client.js'
import { useList } from '../api/use-get.js'
import { useLive } from '../api/use-live.js'
import { useMay } from '../lib/me.js'
import { Dialog } from '../ui/dialog.js'
import { Empty, Shown } from '../ui/feedback.js'
import { Field } from '../ui/field.js'
import { Link } from '../ui/link.js'
import { RowAction } from '../ui/row-action.js'
import { Status } from '../ui/status.js'
import { ChangesDialog } from './changes.js'

const NEW: QosProfile = {
  name: 'MY_PROFILE',
  status: 'ACTIVE',
  targetMinDownstreamRate: { value: 10, unit: 'Mbps' },
  targetMinUpstreamRate: { value: 5, unit: 'Mbps' },
  maxDuration: { value: 12, unit: 'Hours' },
}

type Asking =
  | { readonly what: 'edit' | 'delete' | 'history'; readonly profile: QosProfile }
  | { readonly what: 'add' | 'import' }

export function Profiles() {
  const got = useList<QosProfile>('/profiles', ({ name }) => name)
  const may = useMay('operator')
  const inUse = useInUse()
  const [asking, setAsking] = useState<Asking>()
  const close = () => setAsking(undefined)
  return (
    <>
      <div className="head">
        <h1>Profiles</h1>
        {may && (
          <span className="row">
            <button type="button" onClick={() => setAsking({ what: 'import' })}>
              Import …
            </button>
            <button type="button" className="primary" onClick={() => setAsking({ what: 'add' })}>
              Add a profile …
            </button>
          </span>
        )}
      </div>
      <Shown got={got}>
        {(profiles) =>
          profiles.length === 0 ? (
            <Empty title="No profile yet">
              <p>A profile defines what a session gets: rates, delay and maximum duration.</p>
            </Empty>
          ) : (
            <div className="scroll-x">
              <table>
                <thead>
                  <tr>
                    <th>Profile</th>
                    <th>Status</th>
                    <th>Guaranteed down</th>
                    <th>Guaranteed up</th>
                    <th>Delay</th>
                    <th>Duration</th>
                    <th>Live sessions</th>
                    <th>
                      <span className="hidden-visually">Act</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {profiles.map((profile) => (
                    <tr key={profile.name}>
                      <td className="wrap">
                        <strong>{profile.name}</strong>
                        {profile.description && <p className="hint">{profile.description}</p>}
                      </td>
                      <td>
                        <Status kind={profile.status === 'ACTIVE' ? 'good' : 'off'}>{profile.status}</Status>
                      </td>
                      <td className="num">{quantity(profile.targetMinDownstreamRate)}</td>
                      <td className="num">{quantity(profile.targetMinUpstreamRate)}</td>
                      <td className="num">{quantity(profile.packetDelayBudget)}</td>
                      <td className="num">
                        {quantity(profile.minDuration)} to {quantity(profile.maxDuration)}
                      </td>
                      <td className="num">
                        <Link to={`/sessions?profile=${part(profile.name)}`}>{inUse.get(profile.name) ?? 0}</Link>
                      </td>
                      <td>
                        {may && (
                          <span className="row">
                            <RowAction
                              label={`Edit ${profile.name}`}
                              onAct={() => setAsking({ what: 'edit', profile })}
                            >
                              Edit …
                            </RowAction>
                            <RowAction
                              label={`Changes of ${profile.name}`}
                              onAct={() => setAsking({ what: 'history', profile })}
                            >
                              Changes …
                            </RowAction>
                            <RowAction
                              label={`Delete ${profile.name}`}
                              onAct={() => setAsking({ what: 'delete', profile })}
                            >
                              Delete …
                            </RowAction>
                          </span>
                        )}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </Shown>
      {asking?.what === 'add' && <JsonDialog title="Add a profile" given={NEW} onSaved={got.reload} onClose={close} />}
      {asking?.what === 'import' && (
        <JsonDialog title="Import profiles" given={[]} onSaved={got.reload} onClose={close} />
      )}
      {asking?.what === 'edit' && (
        <JsonDialog
          title={`Edit ${asking.profile.name}`}
          given={asking.profile}
          live={inUse.get(asking.profile.name) ?? 0}
          onSaved={got.reload}
          onClose={close}
        />
      )}
      {asking?.what === 'history' && (
        <ChangesDialog
          title={`Changes of ${asking.profile.name}`}
          of="profile"
          name={asking.profile.name}
          onClose={close}
        />
      )}
      {asking?.what === 'delete' && (
        <Dialog
          title={`Delete ${asking.profile.name}?`}
          action="Delete it"
          danger
          onAct={async () => {
            await call('DELETE', `/profiles/${part(asking.profile.name)}`)
            got.reload()
          }}
          onClose={close}
        >
          <LiveSessions count={inUse.get(asking.profile.name) ?? 0} />
          <p>New sessions cannot use it.</p>
        </Dialog>
      )}
    </>
  )
}

/** How many live sessions each profile has. */
function useInUse(): ReadonlyMap<string, number> {
  const { sessions } = useLive()
  const counts = new Map<string, number>()
  for (const { qosProfile, qosStatus } of sessions) {
    if (qosStatus !== 'UNAVAILABLE') counts.set(qosProfile, (counts.get(qosProfile) ?? 0) + 1)
  }
  return counts
}

const quantity = (of: { value?: number; unit?: string } | undefined): string =>
  of === undefined ? '–' : `${of.value} ${of.unit}`

const LiveSessions = ({ count }: { readonly count: number }) => (
  <p className={count > 0 ? 'note wait' : 'soft'}>
    {count === 0
      ? 'No live session uses it.'
      : `${count} live ${count === 1 ? 'session uses' : 'sessions use'} it and will not change.`}
  </p>
)

interface JsonDialogProps {
  readonly title: string
  readonly given: QosProfile | readonly QosProfile[]
  /** How many live sessions have it. */
  readonly live?: number
  readonly onSaved: () => void
  readonly onClose: () => void
}

/** Profiles as the contract has them: what is written here is what applications see. */
function JsonDialog({ title, given, live, onSaved, onClose }: JsonDialogProps) {
  const [text, setText] = useState(() => JSON.stringify(given, undefined, 2))
  const save = async () => {
    const read = JSON.parse(text) as QosProfile | QosProfile[]
    for (const profile of Array.isArray(read) ? read : [read])
      await call('PUT', `/profiles/${part(profile.name)}`, profile)
    onSaved()
  }
  return (
    <Dialog title={title} action="Save" onAct={save} onClose={onClose}>
      {live !== undefined && <LiveSessions count={live} />}
      <Field
        label={Array.isArray(given) ? 'A list of profiles' : 'Profile'}
        hint="JSON, with the members of CAMARA qos-profiles."
      >
        <textarea
          rows={16}
          required
          spellCheck={false}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </Field>
    </Dialog>
  )
}
