import { useState } from 'react'
import { call, part } from '../api/client.js'
import type { Role, User } from '../api/types.js'
import { useList } from '../api/use-get.js'
import { useMe } from '../lib/me.js'
import { Copy } from '../ui/copy.js'
import { Dialog, useAction } from '../ui/dialog.js'
import { ErrorNote, Shown } from '../ui/feedback.js'
import { Field } from '../ui/field.js'
import { RowAction } from '../ui/row-action.js'
import { Time } from '../ui/time.js'

const ROLES: readonly (readonly [Role, string])[] = [
  ['viewer', 'can read, without personal data'],
  ['operator', 'can also change'],
  ['admin', 'can also manage users'],
]

interface Invitation {
  readonly url: string
  readonly role: Role
  readonly expiresAt: string
}

export function Users() {
  const got = useList<User>('/users', ({ name }) => name)
  const me = useMe()
  const { busy, error, run } = useAction()
  const [inviting, setInviting] = useState(false)
  const [role, setRole] = useState<Role>('viewer')
  const [invitation, setInvitation] = useState<Invitation>()
  const [deleting, setDeleting] = useState<User>()
  return (
    <>
      <div className="head">
        <h1>Users</h1>
        <button type="button" className="primary" onClick={() => setInviting(true)}>
          Invite a user …
        </button>
      </div>
      {error && <ErrorNote error={error} />}
      <Shown got={got}>
        {(users) => (
          <div className="scroll-x">
            <table>
              <thead>
                <tr>
                  <th>Name</th>
                  <th>Role</th>
                  <th>Since</th>
                  <th>Last sign-in</th>
                  <th>
                    <span className="hidden-visually">Act</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {users.map((user) => (
                  <tr key={user.id}>
                    <td>
                      {user.name} {user.id === me.user.id && <span className="soft">(you)</span>}
                    </td>
                    <td>
                      {user.sso ? (
                        <>
                          {user.role} <span className="soft">(set by the OpenID provider)</span>
                        </>
                      ) : (
                        <RoleChoice
                          label={`Role of ${user.name}`}
                          role={user.role}
                          disabled={busy}
                          onChoose={(next) =>
                            run(() => call('PATCH', `/users/${part(user.id)}`, { role: next }), got.reload)
                          }
                        />
                      )}
                    </td>
                    <td>
                      <Time at={user.createdAt} />
                    </td>
                    <td>{user.lastSignInAt === undefined ? 'never' : <Time at={user.lastSignInAt} />}</td>
                    <td>
                      <RowAction label={`Delete ${user.name}`} onAct={() => setDeleting(user)}>
                        Delete …
                      </RowAction>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Shown>
      {inviting && (
        <Dialog
          title="Invite a user"
          action="Create a link"
          onAct={async () => setInvitation(await call<Invitation>('POST', '/invitations', { role }))}
          onClose={() => setInviting(false)}
        >
          <Field label="Role">
            <RoleChoice role={role} onChoose={setRole} />
          </Field>
        </Dialog>
      )}
      {invitation && (
        <Dialog title="An invitation" onClose={() => setInvitation(undefined)}>
          <p>
            Send this link to one person, who becomes a user ({invitation.role}) with it. It can be used once, until{' '}
            <Time at={invitation.expiresAt} />.
          </p>
          <code className="secret">{invitation.url}</code>
          <Copy text={invitation.url} what="the link" />
        </Dialog>
      )}
      {deleting && (
        <Dialog
          title={`Delete ${deleting.name}?`}
          action="Delete"
          danger
          onAct={async () => {
            await call('DELETE', `/users/${part(deleting.id)}`)
            got.reload()
          }}
          onClose={() => setDeleting(undefined)}
        >
          <p>They are signed out everywhere. Their entries in the audit log stay.</p>
          {deleting.sso && <p>They can sign in again while the OpenID provider gives them a role.</p>}
        </Dialog>
      )}
    </>
  )
}

interface RoleChoiceProps {
  readonly label?: string
  readonly role: Role
  readonly disabled?: boolean
  readonly onChoose: (role: Role) => void
}

function RoleChoice({ label, role, onChoose, ...rest }: RoleChoiceProps) {
  return (
    <select {...rest} aria-label={label} value={role} onChange={(event) => onChoose(event.target.value as Role)}>
      {ROLES.map(([value, text]) => (
        <option key={value} value={value}>
          {value}: {text}
        </option>
      ))}
    </select>
  )
}
