import type { SessionId } from '@rightofway/camara'
import type { Session } from '../../../domain/session.js'
import type { Stored, Version } from '../../../ports/store/sessions.js'
import { DamagedRow } from '../damaged-row.js'

export interface SessionRow {
  id: SessionId
  version: Version
  body: string
}

/** @throws {DamagedRow} naming the session, where its text is not what was written */
export function toStored({ id, version, body }: SessionRow): Stored {
  try {
    return { session: JSON.parse(body) as Session, version }
  } catch (error) {
    throw new DamagedRow('sessions', id, error)
  }
}
