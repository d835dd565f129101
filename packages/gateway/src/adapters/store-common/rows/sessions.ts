import type { SessionId } from '@rightofway/camara'
import type { Session } from '../../../domain/session.js'
import type { Stored, Version } from '../../../ports/store.js'

export interface SessionRow {
  id: SessionId
  version: Version
  body: string
}

export const toStored = ({ version, body }: SessionRow): Stored => ({ session: JSON.parse(body) as Session, version })
