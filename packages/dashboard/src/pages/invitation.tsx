import { type FormEvent, useEffect, useState } from 'react'
import { call } from '../api/client.js'
import type { Me } from '../api/types.js'
import { fileUrl } from '../lib/base.js'
import { go } from '../lib/router.js'
import { useAction } from '../ui/dialog.js'
import { ErrorNote } from '../ui/feedback.js'
import { Field } from '../ui/field.js'

/** Somebody who holds an invitation chooses a name and a password. */
export function Invitation({ onSignedIn }: { readonly onSignedIn: (me: Me) => void }) {
  // Behind the #: the gateway and what is before it do not see it until it is used.
  const [token] = useState(() => location.hash.slice(1))
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const { busy, error, run } = useAction()
  useEffect(() => {
    document.title = 'Invitation · Right of Way'
  }, [])
  const submit = (event: FormEvent) => {
    event.preventDefault()
    run(async () => {
      const me = await call<Me>('POST', '/invitations/accept', { token, name: name.trim(), password })
      go('/', 'replace')
      onSignedIn(me)
    })
  }
  return (
    <div className="sign-in">
      <main>
        <form className="card" onSubmit={submit}>
          <div className="row">
            <img src={fileUrl('icon.svg')} alt="" width="28" height="28" />
            <h1>Welcome to Right of Way</h1>
          </div>
          <p>Choose the name and the password that you will sign in with. This link can be used once.</p>
          <Field label="Name" hint="Others see the name in the audit log.">
            <input
              name="name"
              autoComplete="username"
              required
              maxLength={100}
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          </Field>
          <Field label="Password" hint="At least 10 characters.">
            <input
              name="password"
              type="password"
              autoComplete="new-password"
              required
              minLength={10}
              maxLength={200}
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          </Field>
          {error && <ErrorNote error={error} />}
          <button type="submit" className="primary" disabled={busy || token === ''}>
            Begin
          </button>
          {token === '' && <p className="wrong">This link is incomplete: open the whole link that you got.</p>}
        </form>
      </main>
    </div>
  )
}
