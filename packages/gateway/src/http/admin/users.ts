import { toDateTime } from '@rightofway/camara'
import { closed, DateTime, type Operation, oneOf } from '@rightofway/camara/schemas'
import Type, { type Static } from 'typebox'
import { ROLES } from '../../domain/user.js'
import type { User as StoredUser } from '../../ports/store/users.js'
import { changeRole } from '../../usecases/users/change-role.js'
import { deleteUser as forgetUser } from '../../usecases/users/delete-user.js'
import { listUsers as usersOf } from '../../usecases/users/list-users.js'
import { route } from '../route.js'
import type { AdminDeps } from './deps.js'
import { Id, MAX_PAGE, pageQuery } from './schemas.js'

const tag = 'Users'
const UserPath = closed({ user: Id })
/** Names from an OpenID provider may be longer than those that people choose here. */
const UserName = Type.String({ minLength: 1, maxLength: 1_000, pattern: '^[^\\u0000-\\u001f\\u007f]*$' })
const Role = oneOf([...ROLES], {
  description: 'viewer: read, without personal data. operator: also change. admin: also manage users.',
})

export const User = closed(
  {
    id: Id,
    name: Type.String(),
    role: Role,
    sso: Type.Boolean({ description: 'Signs in at an OpenID provider, without a password here.' }),
    createdAt: DateTime,
    lastSignInAt: Type.Optional(DateTime),
  },
  { title: 'User', description: 'A user of the dashboard.' },
)

const Invitation = closed(
  {
    url: Type.String({
      description: 'A link for one person, who chooses a name and a password there. Shown only now.',
    }),
    role: Role,
    expiresAt: DateTime,
  },
  { title: 'Invitation', description: 'An invitation.' },
)

const invite = {
  operationId: 'invite',
  method: 'POST',
  path: '/invitations',
  summary: 'Create a link by which one person becomes a user',
  tag,
  role: 'admin',
  body: closed({ role: Role }),
  success: { status: 201, description: 'The link.', schema: Invitation },
  errors: ['INVALID_ARGUMENT'],
} as const satisfies Operation

const listUsers = {
  operationId: 'listUsers',
  method: 'GET',
  path: '/users',
  summary: 'List users by name',
  tag,
  role: 'admin',
  query: pageQuery(UserName, 'name'),
  success: { status: 200, description: `At most ${MAX_PAGE}.`, schema: Type.Array(User) },
  errors: ['INVALID_ARGUMENT'],
} as const satisfies Operation

const changeUser = {
  operationId: 'changeUser',
  method: 'PATCH',
  path: '/users/{user}',
  summary: 'Change the role of a user',
  tag,
  role: 'admin',
  params: UserPath,
  body: closed({ role: Role }),
  success: { status: 200, description: 'The user.', schema: User },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND', 'CONFLICT'],
} as const satisfies Operation

const deleteUser = {
  operationId: 'deleteUser',
  method: 'DELETE',
  path: '/users/{user}',
  summary: 'Delete a user and end all of their sign-ins',
  tag,
  role: 'admin',
  params: UserPath,
  success: { status: 204, description: 'It is deleted.' },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND', 'CONFLICT'],
} as const satisfies Operation

export const userRoutes = [
  route({
    operation: invite,
    async handle({ body }, { users, publicUrl }: AdminDeps) {
      const { token, expiresAt } = await users.invite(body.role)
      // In the fragment: browsers do not send it, so no log of a proxy contains it.
      const url = `${publicUrl.value}/dashboard/invitation#${token}`
      return { body: { url, role: body.role, expiresAt: toDateTime(expiresAt) } }
    },
  }),
  route({
    operation: listUsers,
    async handle({ query }, deps: AdminDeps) {
      return { body: (await usersOf(deps, { after: query.after, limit: MAX_PAGE })).map(toUser) }
    },
  }),
  route({
    operation: changeUser,
    async handle({ params, body }, deps: AdminDeps) {
      return { body: toUser(await changeRole(deps, params.user, body.role)) }
    },
  }),
  route({
    operation: deleteUser,
    async handle({ params }, deps: AdminDeps) {
      await forgetUser(deps, params.user)
      return {}
    },
  }),
]

export const toUser = ({ id, name, role, subject, createdAt, lastSignInAt }: StoredUser): Static<typeof User> => ({
  id,
  name,
  role,
  sso: subject !== undefined,
  createdAt: toDateTime(createdAt),
  ...(lastSignInAt !== undefined && { lastSignInAt: toDateTime(lastSignInAt) }),
})
