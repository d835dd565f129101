import { useState } from 'react'
import { call, part } from '../api/client.js'
import type { ApplicationKey, MadeKey } from '../api/types.js'
import { Dialog } from '../ui/dialog.js'
import { Field } from '../ui/field.js'

interface RotateProps {
  readonly old: ApplicationKey
  readonly onMade: (made: MadeKey) => void
  readonly onClose: () => void
}

export function RotateDialog({ old, onMade, onClose }: RotateProps) {
  const [hours, setHours] = useState('24')
  const what = old.client === undefined ? 'key' : 'client'
  const rotate = async () =>
    onMade(
      await call<MadeKey>('POST', `/keys/${part(old.prefix)}/rotate`, {
        overlapSeconds: Math.round(Number(hours) * 3600),
      }),
    )
  return (
    <Dialog title={`Rotate the ${what}`} action="Rotate it" onAct={rotate} onClose={onClose}>
      <p>
        A new {what} with the same permissions{old.client && ', with its own id and secret'}. <code>{old.prefix}</code>{' '}
        stays valid while you replace it, and is refused afterwards.
      </p>
      <Field label="Hours that both are valid" hint="0 to 168.">
        <input
          type="number"
          min="0"
          max="168"
          step="0.5"
          required
          value={hours}
          onChange={(event) => setHours(event.target.value)}
        />
      </Field>
    </Dialog>
  )
}
