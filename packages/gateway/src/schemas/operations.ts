import { APIS } from '@rightofway/camara/schemas'

/** Operations that have a rate, by operationId. */
export const OPERATIONS = APIS.flatMap(({ operations }) => operations.map(({ operationId }) => operationId))
