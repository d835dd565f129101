import { useState } from 'react'
import { call, part } from '../api/client.js'
import type { GrantType, MadeKey } from '../api/types.js'
import { Dialog } from '../ui/dialog.js'
import { Field } from '../ui/field.js'
import { Days, goodFor, type MakeProps, namedBy, Scopes, within } from './key-dialog.js'

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

/** Grant types, for people. */
export const GRANTS: Readonly<Record<GrantType, { readonly name: string; readonly hint: string }>> = {
  client_credentials: { name: 'client credentials', hint: 'two-legged: each request names the device' },
  'urn:openid:params:grant-type:ciba': { name: 'CIBA', hint: 'three-legged: the subscriber consents separately' },
  authorization_code: { name: 'authorization code', hint: 'three-legged: the subscriber signs in with a browser' },
  [JWT_BEARER]: { name: 'JWT bearer', hint: 'three-legged: the client signs for a subscriber; needs a private key' },
}

/** Makes an OAuth client of the gateway's own authorization server. */
export function ClientDialog({ application, onMade, onClose }: MakeProps) {
  const [name, setName] = useState('')
  const [grants, setGrants] = useState<readonly GrantType[]>(['client_credentials'])
  const [uris, setUris] = useState('')
  const [signs, setSigns] = useState(false)
  const [keys, setKeys] = useState('')
  const [scopes, setScopes] = useState('')
  const [days, setDays] = useState('')
  const browsers = grants.includes('authorization_code')
  const make = async () => {
    const redirectUris = uris.split(/\s+/).filter(Boolean)
    const client = { grantTypes: grants, ...(browsers && { redirectUris }), ...(signs && publicKeysIn(keys)) }
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
      <fieldset>
        <legend>It authenticates by</legend>
        <label className="row">
          <input type="radio" name="authentication" checked={!signs} onChange={() => setSigns(false)} />
          <span>
            client secret <span className="hint">shown once, after the client is made</span>
          </span>
        </label>
        <label className="row">
          <input type="radio" name="authentication" checked={signs} onChange={() => setSigns(true)} />
          <span>
            private key <span className="hint">private_key_jwt: the gateway knows the public key only</span>
          </span>
        </label>
      </fieldset>
      {signs && (
        <Field label="Public keys" hint="A JWK or a JWK set, or the https address where the client publishes it.">
          <textarea
            rows={4}
            required
            spellCheck={false}
            value={keys}
            onChange={(event) => setKeys(event.target.value)}
          />
        </Field>
      )}
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

/** @throws {Error} what was typed is neither an address nor JSON */
function publicKeysIn(text: string) {
  const typed = text.trim()
  if (/^https?:/i.test(typed)) return { jwksUri: typed }
  try {
    const value = Object(JSON.parse(typed)) as { readonly keys?: unknown }
    return { jwks: Array.isArray(value.keys) ? value : { keys: [value] } }
  } catch {
    throw new Error('Public keys must be a JWK or a JWK set (JSON), or an address that begins with https://.')
  }
}
