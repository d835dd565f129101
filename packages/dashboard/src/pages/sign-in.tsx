import { type FormEvent, useState } from 'react'
import { call } from '../api/client.js'
import type { Me } from '../api/types.js'
import { useGet } from '../api/use-get.js'
import { ADMIN_API, fileUrl } from '../lib/base.js'
import { useAction } from '../ui/dialog.js'
import { ErrorNote } from '../ui/feedback.js'
import { Field } from '../ui/field.js'

interface SignInMethods {
  readonly someUser: boolean
  readonly sso?: string
}

export function SignIn({ onSignedIn }: { readonly onSignedIn: (me: Me) => void }) {
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const { busy, error, run } = useAction()
  const methods = useGet<SignInMethods>('/sign-in')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    run(async () => onSignedIn(await call<Me>('POST', '/sign-in', { name, password })))
  }
  return (
    <div className="sign-in">
      <main>
        <form className="card" onSubmit={submit}>
          <div className="row">
            <img src={fileUrl('icon.svg')} alt="" width="28" height="28" />
            <h1>Right of Way</h1>
          </div>
          {methods.data?.someUser === false && (
            <p className="note wait">
              There are no users yet. On the machine of the gateway, <code>rightofway admin invite</code> creates a link
              for the first user.
            </p>
          )}
          <Field label="Name">
            <input
              name="name"
              autoComplete="username"
              required
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          </Field>
          <Field label="Password">
            <input
              name="password"
              type="password"
              autoComplete="current-password"
              required
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          </Field>
          {error && <ErrorNote error={error} />}
          <button type="submit" className="primary" disabled={busy}>
            Sign in
          </button>
          {methods.data?.sso && (
            <a className="button" href={`${ADMIN_API}/sign-in/sso`}>
              Sign in with {methods.data.sso}
            </a>
          )}
        </form>
      </main>
    </div>
  )
}
