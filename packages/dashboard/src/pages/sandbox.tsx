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
  ['grant', 'Grant it', 'As always.'],
  ['refuse', 'Refuse it', 'It becomes UNAVAILABLE at once.'],
  ['refuse-late', 'Refuse it a second late', 'The create answers REQUESTED, and it never starts.'],
  ['late', 'Grant it a second late', 'The create answers REQUESTED.'],
  ['never', 'Never answer', 'It is given up after the set-up time.'],
  ['lose', 'Grant it and end it a second later', 'NETWORK_TERMINATED.'],
  ['unreachable', 'Not be reachable', 'It is asked again.'],
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
        setSaid(`With the next session the network will: ${name.toLowerCase()}.`)
        got.reload()
      },
    )
  if (got.error?.status === 404) {
    return (
      <Empty title={`Network ${network} is real`}>
        <p>Only simulated networks can be told to fail.</p>
      </Empty>
    )
  }
  return (
    <section className="card" aria-label={`Network ${network}`}>
      <h2>Network {network}</h2>
      <Shown got={got}>
        {({ held, pending, guaranteed, capacity, calls }) => (
          <dl className="facts">
            <dt>Holds</dt>
            <dd className="num">
              {held} sessions, {pending} pending
            </dd>
            <dt>Guarantees</dt>
            <dd className="num">
              down {rateText(guaranteed.downlinkBps)} of {rateText(capacity.downlinkBps)}, up{' '}
              {rateText(guaranteed.uplinkBps)} of {rateText(capacity.uplinkBps)}
            </dd>
            <dt>Was asked</dt>
            <dd className="num">
              {calls.reserve} times to reserve, {calls.release} times to release
            </dd>
          </dl>
        )}
      </Shown>
      {may && (
        <>
          <h3>With the next session it shall</h3>
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
              Forget everything …
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
          title="Forget everything?"
          action="Forget it"
          danger
          onAct={async () => {
            await call('POST', `${path}/reset`)
            got.reload()
          }}
          onClose={() => setResetting(false)}
        >
          <p>
            The network drops all it holds without a word, as after a power cut. The gateway finds out and repairs it.
          </p>
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
      () => setSaid('Requests are answered as always.'),
    )
  return (
    <section className="card" aria-label="Answers to applications">
      <h2>Answers to applications</h2>
      <div className="row">
        <Field label="To the next request">
          <select value={code} onChange={(event) => setCode(event.target.value)}>
            {ANSWERS.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </Field>
        <button type="button" disabled={busy} onClick={plan}>
          Answer so
        </button>
        <button type="button" disabled={busy} onClick={clear}>
          Answer as always
        </button>
      </div>
      <p role="status" className="soft">
        {said}
      </p>
      {error && <ErrorNote error={error} />}
    </section>
  )
}
