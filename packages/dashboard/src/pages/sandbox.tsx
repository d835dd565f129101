import { useState } from 'react'
import { call, part } from '../api/client.js'
import type { Overview } from '../api/types.js'
import { useGet } from '../api/use-get.js'
import { rateText } from '../lib/format.js'
import { useMay } from '../lib/me.js'
import { Dialog, useAction } from '../ui/dialog.js'
import { Empty, ErrorNote, Shown } from '../ui/feedback.js'
import { Field } from '../ui/field.js'
import { Inbox } from './inbox.js'

interface SimulatorStatus {
  readonly capacity: { readonly downlinkBps: number; readonly uplinkBps: number }
  readonly guaranteed: { readonly downlinkBps: number; readonly uplinkBps: number }
  readonly held: number
  readonly pending: number
  readonly calls: { readonly reserve: number; readonly release: number }
}

/** What the network does with the next session. */
const FAULTS = [
  ['grant', 'Grant it', 'The normal case.'],
  ['refuse', 'Refuse it', 'The session becomes UNAVAILABLE at once.'],
  ['refuse-late', 'Refuse it a second late', 'The create answers REQUESTED, and the session never starts.'],
  ['late', 'Grant it a second late', 'The create answers REQUESTED.'],
  ['never', 'Never answer', 'The gateway gives up after the set-up time.'],
  ['lose', 'Grant it and end it a second later', 'NETWORK_TERMINATED.'],
  ['unreachable', 'Be unreachable', 'The gateway tries again.'],
] as const

export function Sandbox() {
  const got = useGet<Overview>('/overview')
  return (
    <>
      <div className="head">
        <h1>Sandbox</h1>
      </div>
      <Shown got={got}>
        {({ networks }) => (
          <div className="stack">
            {networks.map(({ network }) => (
              <NetworkCard key={network} network={network} />
            ))}
            <AnswersCard />
            <Inbox />
          </div>
        )}
      </Shown>
    </>
  )
}

function NetworkCard({ network }: { readonly network: string }) {
  const path = `/networks/${part(network)}/simulator`
  const got = useGet<SimulatorStatus>(path, 3_000)
  const may = useMay('operator')
  const { busy, error, run } = useAction()
  const [said, setSaid] = useState('')
  const [resetting, setResetting] = useState(false)
  const script = (behaviour: string, name: string) =>
    run(
      () => call('POST', `${path}/script`, { behaviour, times: 1 }),
      () => {
        setSaid(`For the next session the network will: ${name.toLowerCase()}.`)
        got.reload()
      },
    )
  if (got.error?.status === 404) {
    return (
      <Empty title={`Network ${network} is real`}>
        <p>Only simulated networks can be made to fail.</p>
      </Empty>
    )
  }
  return (
    <section className="card" aria-label={`Network ${network}`}>
      <h2>Network {network}</h2>
      <Shown got={got}>
        {({ held, pending, guaranteed, capacity, calls }) => (
          <dl className="facts">
            <dt>Reservations</dt>
            <dd className="num">
              {held} sessions, {pending} pending
            </dd>
            <dt>Guarantees</dt>
            <dd className="num">
              down {rateText(guaranteed.downlinkBps)} of {rateText(capacity.downlinkBps)}, up{' '}
              {rateText(guaranteed.uplinkBps)} of {rateText(capacity.uplinkBps)}
            </dd>
            <dt>Requests</dt>
            <dd className="num">
              {calls.reserve} to reserve, {calls.release} to release
            </dd>
          </dl>
        )}
      </Shown>
      {may && (
        <>
          <h3>For the next session</h3>
          <div className="row">
            {FAULTS.map(([behaviour, name, hint]) => (
              <button
                key={behaviour}
                type="button"
                disabled={busy}
                title={hint}
                onClick={() => script(behaviour, name)}
              >
                {name}
              </button>
            ))}
            <button type="button" className="danger" onClick={() => setResetting(true)}>
              Lose all reservations …
            </button>
          </div>
        </>
      )}
      <p role="status" className="soft">
        {said}
      </p>
      {error && <ErrorNote error={error} />}
      {resetting && (
        <Dialog
          title="Lose all reservations?"
          action="Delete it"
          danger
          onAct={async () => {
            await call('POST', `${path}/reset`)
            got.reload()
          }}
          onClose={() => setResetting(false)}
        >
          <p>The network loses all its reservations, as after a power cut. The gateway notices it and repairs it.</p>
        </Dialog>
      )}
    </section>
  )
}

/** What the gateway answers applications with, although nothing is wrong. */
const ANSWERS = ['UNAVAILABLE', 'TIMEOUT', 'INTERNAL', 'BAD_GATEWAY', 'REQUEST_TIMEOUT', 'NOT_ACCEPTABLE'] as const

function AnswersCard() {
  const may = useMay('operator')
  const { busy, error, run } = useAction()
  const [code, setCode] = useState<string>(ANSWERS[0])
  const [said, setSaid] = useState('')
  if (!may) return null
  const plan = () =>
    run(
      () => call('POST', '/sandbox/faults', { code, times: 1 }),
      () => setSaid(`The next request of an application is answered with ${code}.`),
    )
  const clear = () =>
    run(
      () => call('DELETE', '/sandbox/faults'),
      () => setSaid('Requests are answered normally.'),
    )
  return (
    <section className="card" aria-label="Answers to applications">
      <h2>Answers to applications</h2>
      <div className="row">
        <Field label="Answer to the next request">
          <select value={code} onChange={(event) => setCode(event.target.value)}>
            {ANSWERS.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </Field>
        <button type="button" disabled={busy} onClick={plan}>
          Answer with this error
        </button>
        <button type="button" disabled={busy} onClick={clear}>
          Answer normally
        </button>
      </div>
      <p role="status" className="soft">
        {said}
      </p>
      {error && <ErrorNote error={error} />}
    </section>
  )
}
