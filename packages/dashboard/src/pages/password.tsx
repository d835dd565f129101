import { useState } from 'react'
import { call } from '../api/client.js'
import { Dialog } from '../ui/dialog.js'
import { Field } from '../ui/field.js'

export function PasswordDialog({ onClose }: { readonly onClose: () => void }) {
  const [current, setCurrent] = useState('')
  const [password, setPassword] = useState('')
  return (
    <Dialog
      title="Change your password"
      action="Change it"
      onAct={() => call('PUT', '/me/password', { current, password })}
      onClose={onClose}
    >
      <Field label="Current password">
        <input
          type="password"
          autoComplete="current-password"
          required
          value={current}
          onChange={(event) => setCurrent(event.target.value)}
        />
      </Field>
      <Field label="New password" hint="At least 10 characters. All other browsers are signed out.">
        <input
          type="password"
          autoComplete="new-password"
          required
          minLength={10}
          maxLength={200}
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
      </Field>
    </Dialog>
  )
}
