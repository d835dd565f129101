import { useState } from 'react'
import { call, part } from '../api/client.js'
import type { MadeKey } from '../api/types.js'
import { Dialog } from '../ui/dialog.js'
import { Field } from '../ui/field.js'

export interface MakeProps {
  readonly application: string
  readonly onMade: (made: MadeKey) => void
  readonly onClose: () => void
}

/** Makes a key that is used as it is. */
export function KeyDialog({ application, onMade, onClose }: MakeProps) {
  const [name, setName] = useState('')
  const [compatibility, setCompatibility] = useState('camara')
  const [scopes, setScopes] = useState('')
  const [days, setDays] = useState('')
  const make = async () => {
    const body = { compatibility, ...namedBy(name), ...within(scopes), ...goodFor(days) }
    onMade(await call<MadeKey>('POST', `/applications/${part(application)}/keys`, body))
  }
  return (
    <Dialog title="Create a key" action="Create it" onAct={make} onClose={onClose}>
      <Field label="Description" hint="For example a machine or a stage. Optional.">
        <input maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />
      </Field>
      <Field label="Clients" hint="camara: the CAMARA API; nokia: the CAMARA API as Nokia's SDKs expect it.">
        <select value={compatibility} onChange={(event) => setCompatibility(event.target.value)}>
          <option value="camara">camara</option>
          <option value="nokia">nokia</option>
        </select>
      </Field>
      <Scopes scopes={scopes} onScopes={setScopes} />
      <Days days={days} onDays={setDays} />
    </Dialog>
  )
}

export const namedBy = (name: string) => (name === '' ? {} : { name })

/** @param scopes as they are typed: with spaces, commas or line ends between */
export function within(scopes: string): { scopes?: string[] } {
  const given = scopes.split(/[\s,]+/).filter(Boolean)
  return given.length === 0 ? {} : { scopes: given }
}

export const goodFor = (days: string) =>
  days === '' ? {} : { expiresAt: new Date(Date.now() + Number(days) * 86_400_000).toISOString() }

export function Scopes({ scopes, onScopes }: { readonly scopes: string; readonly onScopes: (to: string) => void }) {
  return (
    <Field label="Scopes" hint="For example quality-on-demand:sessions:read, one per line. Empty: all.">
      <textarea rows={2} spellCheck={false} value={scopes} onChange={(event) => onScopes(event.target.value)} />
    </Field>
  )
}

export function Days({ days, onDays }: { readonly days: string; readonly onDays: (to: string) => void }) {
  return (
    <Field label="Lifetime in days" hint="Empty: no expiry.">
      <input type="number" min="1" max="3650" value={days} onChange={(event) => onDays(event.target.value)} />
    </Field>
  )
}
