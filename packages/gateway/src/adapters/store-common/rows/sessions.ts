import type { SessionId } from '@rightofway/camara'
import type { Session } from '../../../domain/session.js'
import type { Stored, Version } from '../../../ports/store/sessions.js'
import { parsed } from '../damaged-row.js'

export interface SessionRow {
  id: SessionId
  version: Version
  body: string
}

/** @throws {DamagedRow} naming the session, where its text is not what was written */
export function toStored({ id, version, body }: SessionRow): Stored {
  return { session: parsed<Session>(body, 'sessions', id), version }
}
