// How much an application may ask for: shown, changed, and who changed it when.

import { useState } from 'react'
import { call, part } from '../api/client.js'
import type { LimitsOfApplication, OwnLimits } from '../api/types.js'
import { useGet } from '../api/use-get.js'
import { useLive } from '../api/use-live.js'
import { useMay } from '../lib/me.js'
import { Dialog } from '../ui/dialog.js'
import { Shown } from '../ui/feedback.js'
import { Field } from '../ui/field.js'
import { ChangesDialog } from './changes.js'

/** Those that are a number; beside them there are rates of single operations. */
const PLAIN = [
  ['sessions', 'Live sessions', 'Maximum number that are REQUESTED or AVAILABLE.', 0],
  ['sessionsPerDevice', 'Live sessions of a device', 'Maximum number for one device, counting all applications.', 0],
  [
    'requestsPerSecond',
    'Requests per second',
    'Sustained rate for each operation. A per-application rate overrides the defaults.',
    1,
  ],
  ['burst', 'Burst of requests', 'Requests that may come at once after a pause.', 1],
] as const

const number = new Intl.NumberFormat('en').format

export function LimitsSection({ application }: { readonly application: string }) {
  const path = `/applications/${part(application)}/limits`
  const got = useGet<LimitsOfApplication>(path)
  const may = useMay('operator')
  const live = useLiveSessions(application)
  const [asking, setAsking] = useState<'edit' | 'history'>()
  const close = () => setAsking(undefined)
  return (
    <>
      <div className="row between">
        <h3>Limits</h3>
        {may && (
          <span className="row">
            <button type="button" className="plain" onClick={() => setAsking('history')}>
              Show changes …
            </button>
            <button type="button" disabled={got.data === undefined} onClick={() => setAsking('edit')}>
              Change limits …
            </button>
          </span>
        )}
      </div>
      <Shown got={got}>
        {({ own, inForce }) => (
          <dl className="facts">
            {PLAIN.map(([name, label]) => (
              <Limit key={name} label={label} value={inForce[name]} own={own[name] !== undefined}>
                {name === 'sessions' ? live : undefined}
              </Limit>
            ))}
            {Object.entries(inForce.operations)
              .filter(([, rate]) => rate !== inForce.requestsPerSecond)
              .map(([name, rate]) => (
                <Limit
                  key={name}
                  label={`Requests per second to ${name}`}
                  value={rate}
                  own={own.operations?.[name] !== undefined || own.requestsPerSecond !== undefined}
                />
              ))}
          </dl>
        )}
      </Shown>
      {asking === 'edit' && got.data && (
        <LimitsDialog limits={got.data} path={path} onSaved={got.reload} onClose={close} />
      )}
      {asking === 'history' && (
        <ChangesDialog title="Changes of the limits" of="limits" name={application} onClose={close} />
      )}
    </>
  )
}

/** How many of its live sessions are known here; undefined where there may be more. */
function useLiveSessions(application: string): string | undefined {
  const { sessions, complete, loaded } = useLive()
  if (!loaded || !complete) return undefined
  const live = sessions.filter((one) => one.application === application && one.qosStatus !== 'UNAVAILABLE').length
  return `${number(live)} now`
}

interface LimitProps {
  readonly label: string
  readonly value: number
  /** Whether it is this application's alone. */
  readonly own: boolean
  readonly children?: string | undefined
}

function Limit({ label, value, own, children }: LimitProps) {
  return (
    <>
      <dt>{label}</dt>
      <dd>
        <span className="num">{number(value)}</span>{' '}
        <span className="soft">
          {own ? 'its own' : 'as for all'}
          {children && `, ${children}`}
        </span>
      </dd>
    </>
  )
}

interface LimitsDialogProps {
  readonly limits: LimitsOfApplication
  readonly path: string
  readonly onSaved: () => void
  readonly onClose: () => void
}

function LimitsDialog({ limits: { own, inForce }, path, onSaved, onClose }: LimitsDialogProps) {
  const { operations: ownOperations = {}, ...ownPlain } = own
  const [plain, setPlain] = useState(() => asTexts(ownPlain))
  const [operations, setOperations] = useState(() => asTexts(ownOperations))
  const save = async () => {
    const rates = asNumbers(operations)
    const body: OwnLimits = { ...asNumbers(plain), ...(Object.keys(rates).length > 0 && { operations: rates }) }
    await call('PUT', path, body)
    onSaved()
  }
  return (
    <Dialog title="Change limits" action="Save" onAct={save} onClose={onClose}>
      <p className="hint">Empty: the default. Limits apply immediately; existing sessions do not change.</p>
      {PLAIN.map(([name, label, hint, min]) => (
        <NumberField
          key={name}
          label={label}
          hint={hint}
          min={min}
          inForce={inForce[name]}
          text={plain[name] ?? ''}
          onText={(text) => setPlain({ ...plain, [name]: text })}
        />
      ))}
      <details open={Object.keys(ownOperations).length > 0}>
        <summary>Requests per second for single operations</summary>
        {Object.entries(inForce.operations).map(([name, rate]) => (
          <NumberField
            key={name}
            label={name}
            min={1}
            inForce={rate}
            text={operations[name] ?? ''}
            onText={(text) => setOperations({ ...operations, [name]: text })}
          />
        ))}
      </details>
    </Dialog>
  )
}

const asTexts = (numbers: Readonly<Record<string, number>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, String(value)]))

const asNumbers = (texts: Readonly<Record<string, string>>): Readonly<Record<string, number>> =>
  Object.fromEntries(
    Object.entries(texts)
      .filter(([, text]) => text !== '')
      .map(([name, text]) => [name, Number(text)]),
  )

interface NumberFieldProps {
  readonly label: string
  readonly hint?: string
  readonly min: number
  readonly inForce: number
  readonly text: string
  readonly onText: (text: string) => void
}

function NumberField({ label, hint, min, inForce, text, onText }: NumberFieldProps) {
  return (
    <Field label={label} {...(hint && { hint })}>
      <input
        type="number"
        min={min}
        max={1_000_000_000}
        step={1}
        placeholder={number(inForce)}
        value={text}
        onChange={(event) => onText(event.target.value)}
      />
    </Field>
  )
}
