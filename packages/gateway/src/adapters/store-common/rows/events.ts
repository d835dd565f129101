import type { ApplicationId, Instant, Mutable, ResourceId, StatusInfo, SubjectId } from '@rightofway/camara'
import type { QueueId } from '../../../domain/queue.js'
import type { StatusReport } from '../../../domain/terms.js'
import type { Delivery, DeliveryState, SessionEventRecord } from '../../../ports/store/events.js'
import type { Ciphertext } from '../../../ports/store/secrets.js'
import type { EventDialect, Sink, StoredCredential } from '../../../ports/store/sessions.js'

export interface EventRow {
  session: ResourceId
  owner: ApplicationId
  subject: SubjectId | null
  ordinal: number
  at: Instant
  status: StatusReport['status']
  status_info: StatusInfo | null
}

/** @typeParam Log the type of attempts in the store */
export interface DeliveryRow<Log> extends EventRow {
  seq: number
  delivery: DeliveryState
  next_attempt_at: Instant | null
  attempts: number
  first_attempt_at: Instant | null
  reason: string | null
  log: Log | null
}

export interface ClaimRow<Log> extends DeliveryRow<Log> {
  next_attempt_at: Instant
  url: string
  queue: QueueId
  credential_type: StoredCredential['type'] | null
  credential: Ciphertext | null
  credential_expires_at: Instant | null
  correlator: string | null
  dialect: EventDialect | null
}

export function toEvent({ session, owner, subject, ordinal, at, status, status_info }: EventRow): SessionEventRecord {
  const report: StatusReport = status === 'AVAILABLE' ? { status } : { status, statusInfo: status_info as StatusInfo }
  const record: Mutable<SessionEventRecord> = { session, owner, ordinal, at, report }
  if (subject !== null) record.subject = subject
  return record
}

/** @param claim by which the store identifies it when it is settled */
export function toDelivery(row: ClaimRow<unknown>, claim: number): Delivery {
  const sink: Mutable<Sink> = { url: row.url, queue: row.queue }
  const credential = toCredential(row)
  if (credential !== undefined) sink.credential = credential
  if (row.correlator !== null) sink.correlator = row.correlator
  if (row.dialect !== null) sink.dialect = row.dialect
  const { attempts, next_attempt_at: dueAt } = row
  const delivery: Mutable<Delivery> = { claim, event: toEvent(row), sink, attempts, dueAt }
  if (row.first_attempt_at !== null) delivery.firstAttemptAt = row.first_attempt_at
  return delivery
}

function toCredential(row: ClaimRow<unknown>): StoredCredential | undefined {
  const { credential_type: type, credential: token, credential_expires_at } = row
  if (type === null) return undefined
  if (type === 'PRIVATE_KEY_JWT') return { type }
  const expiresAt = credential_expires_at as Instant
  return token === null ? { type, expiresAt } : { type, token, expiresAt }
}
