import type { ResourceId } from '@rightofway/camara'
import type { ResourceOf } from '../../../domain/resource.js'
import type { Stored, Version } from '../../../ports/store/sessions.js'
import { parsed } from '../damaged-row.js'

/** A session or an assignment, by the type of its id. */
export interface SessionRow<I extends ResourceId = ResourceId> {
  id: I
  version: Version
  body: string
}

/** @throws {DamagedRow} naming the session: its text differs from what was written */
export function toStored<I extends ResourceId>({ id, version, body }: SessionRow<I>): Stored<ResourceOf<I>> {
  return { session: parsed<ResourceOf<I>>(body, 'sessions', id), version }
}
