import { QodError } from '@rightofway/camara'
import { closed, type Operation, QosProfileName } from '@rightofway/camara/schemas'
import Type from 'typebox'
import { OperatorProfileSchema } from '../../schemas/operator-profile.js'
import { deleteProfile as deleteQosProfile } from '../../usecases/profiles/delete-profile.js'
import { listProfiles as profilesOf } from '../../usecases/profiles/list-profiles.js'
import { putProfile as putQosProfile } from '../../usecases/profiles/put-profile.js'
import { route } from '../route.js'
import { AUTHOR_HEADER, authorOf } from './author.js'
import type { AdminDeps } from './deps.js'
import { MAX_PAGE, pageQuery } from './schemas.js'

const tag = 'Profiles'
const ProfilePath = closed({ name: QosProfileName })

const listProfiles = {
  operationId: 'listProfiles',
  method: 'GET',
  path: '/profiles',
  summary: 'List QoS profiles by name',
  tag,
  query: pageQuery(QosProfileName, 'name'),
  success: { status: 200, description: `At most ${MAX_PAGE}.`, schema: Type.Array(OperatorProfileSchema) },
  errors: ['INVALID_ARGUMENT'],
} as const satisfies Operation

const putProfile = {
  operationId: 'putProfile',
  method: 'PUT',
  path: '/profiles/{name}',
  summary: 'Add or replace a QoS profile; existing sessions do not change',
  tag,
  params: ProfilePath,
  headers: AUTHOR_HEADER,
  body: OperatorProfileSchema,
  success: { status: 200, description: 'The profile.', schema: OperatorProfileSchema },
  errors: ['INVALID_ARGUMENT'],
} as const satisfies Operation

const deleteProfile = {
  operationId: 'deleteProfile',
  method: 'DELETE',
  path: '/profiles/{name}',
  summary: 'Delete a QoS profile; existing sessions do not change',
  tag,
  params: ProfilePath,
  headers: AUTHOR_HEADER,
  success: { status: 204, description: 'It is deleted.' },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND'],
} as const satisfies Operation

export const profileRoutes = [
  route({
    operation: listProfiles,
    async handle({ query }, deps: AdminDeps) {
      return { body: [...(await profilesOf(deps, { after: query.after, limit: MAX_PAGE }))] }
    },
  }),
  route({
    operation: putProfile,
    async handle(request, deps: AdminDeps) {
      const { params, body } = request
      if (body.name !== params.name) {
        throw new QodError('INVALID_ARGUMENT', `name is ${body.name} in the body and ${params.name} in the path`)
      }
      await putQosProfile(deps, body, authorOf(request, deps.realNow))
      return { body }
    },
  }),
  route({
    operation: deleteProfile,
    async handle(request, deps: AdminDeps) {
      await deleteQosProfile(deps, request.params.name, authorOf(request, deps.realNow))
      return {}
    },
  }),
]
