import { useState } from 'react'
import { call, part } from '../api/client.js'
import type { GrantType, MadeKey } from '../api/types.js'
import { Dialog } from '../ui/dialog.js'
import { Field } from '../ui/field.js'
import { Days, goodFor, type MakeProps, namedBy, Scopes, within } from './key-dialog.js'

/** The ways to a token, for people. */
export const GRANTS: Readonly<Record<GrantType, { readonly name: string; readonly hint: string }>> = {
  client_credentials: { name: 'client credentials', hint: 'two-legged: each request names the device' },
  'urn:openid:params:grant-type:ciba': { name: 'CIBA', hint: 'three-legged: the subscriber consents separately' },
  authorization_code: { name: 'authorization code', hint: 'three-legged: the subscriber signs in with a browser' },
}

/** Makes an OAuth client of the gateway's own authorization server. */
export function ClientDialog({ application, onMade, onClose }: MakeProps) {
  const [name, setName] = useState('')
  const [grants, setGrants] = useState<readonly GrantType[]>(['client_credentials'])
  const [uris, setUris] = useState('')
  const [scopes, setScopes] = useState('')
  const [days, setDays] = useState('')
  const browsers = grants.includes('authorization_code')
  const make = async () => {
    const redirectUris = uris.split(/\s+/).filter(Boolean)
    const client = { grantTypes: grants, ...(browsers && { redirectUris }) }
    const body = { client, ...namedBy(name), ...within(scopes), ...goodFor(days) }
    onMade(await call<MadeKey>('POST', `/applications/${part(application)}/keys`, body))
  }
  return (
    <Dialog title="Create an OAuth client" action="Create it" onAct={make} onClose={onClose}>
      <Field label="Description" hint="For example a machine or a stage. Optional.">
        <input maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />
      </Field>
      <fieldset>
        <legend>Grant types</legend>
        {(Object.keys(GRANTS) as GrantType[]).map((grant) => (
          <label key={grant} className="row">
            <input
              type="checkbox"
              checked={grants.includes(grant)}
              onChange={({ target }) =>
                setGrants(target.checked ? [...grants, grant] : grants.filter((other) => other !== grant))
              }
            />
            <span>
              {GRANTS[grant].name} <span className="hint">{GRANTS[grant].hint}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {browsers && (
        <Field label="Redirect URIs" hint="One per line; https, or http on a loopback.">
          <textarea
            rows={2}
            required
            spellCheck={false}
            value={uris}
            onChange={(event) => setUris(event.target.value)}
          />
        </Field>
      )}
      <Scopes scopes={scopes} onScopes={setScopes} />
      <Days days={days} onDays={setDays} />
    </Dialog>
  )
}
