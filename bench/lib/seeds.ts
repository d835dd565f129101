// Many active sessions at once: copies of one that a gateway created, with all its rows in the store and in the
// simulated network. Through the gateway they would take minutes.

import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { instant, type SessionId } from '@rightofway/camara'
import { Database } from '../../packages/gateway/src/adapters/sqlite/driver.js'
import { reservationIdOf } from '../../packages/gateway/src/domain/resource.js'
import { sessionIdFrom } from '../../packages/gateway/src/domain/resource-id.js'
import { addressOf } from './sessions.js'

type Row = Readonly<Record<string, unknown>>

export interface Seed {
  /** When it ends, milliseconds since the epoch. */
  readonly end: number
  /** Of its device; no other session has it. */
  readonly number: number
}

/**
 * Copies a session for each of `seeds`, while no gateway runs on the folder. Best in the order of their ends: that is the
 * order of their ids.
 * @param dataDir of a gateway whose one network is a simulator
 * @param original one that is AVAILABLE, and has just been made
 * @returns their ids
 */
export function copySession(dataDir: string, original: SessionId, seeds: Iterable<Seed>): SessionId[] {
  const store = new Database(join(dataDir, 'store.db'))
  const network = new Database(join(dataDir, 'simulator-simulator.db'))
  try {
    const session = only(store, 'sessions', 'id', original)
    const event = only(store, 'events', 'session', original)
    const reservation = only(network, 'reservations', 'id', reservationIdOf(original))
    const add = {
      session: inserter(store, 'sessions', session),
      event: inserter(store, 'events', event),
      reservation: inserter(network, 'reservations', reservation),
    }
    const body = JSON.parse(String(session['body'])) as {
      flow: { device: { ipv4: string } }
      createdAt: number
      expiresAt: number
    }
    const [address = ''] = body.flow.device.ipv4.split('/')
    const ids: SessionId[] = []
    const copy = ({ end, number }: Seed) => {
      /** Shifts a time of the original by the same amount as its end. */
      const moved = (at: unknown) => Number(at) + end - body.expiresAt
      const id = sessionIdFrom(instant(moved(body.createdAt)), randomBytes(10))
      const text = String(session['body'])
        .replaceAll(original, id)
        .replaceAll(address, addressOf(number))
        .replace(/"(createdAt|setUpBy|startedAt|expiresAt)":(\d+)/g, (_, name, at) => `"${name}":${moved(at)}`)
      const device = String(session['device']).replace(address, addressOf(number))
      add.session({ ...session, id, device, wake_at: end, body: text })
      add.event({ ...event, seq: null, session: id, at: moved(event['at']) })
      const granted_at = moved(reservation['granted_at'])
      add.reservation({ ...reservation, id: reservationIdOf(id), granted_at, act_at: end, until: end })
      ids.push(id)
    }
    network.transaction(() =>
      store.transaction(() => {
        for (const seed of seeds) copy(seed)
        store.prepare('UPDATE usage SET live = live + ?').run(ids.length)
      })(),
    )()
    // A gateway that was stopped leaves no write-ahead log either.
    for (const db of [store, network]) db.pragma('wal_checkpoint(TRUNCATE)')
    return ids
  } finally {
    store.close()
    network.close()
  }
}

function only(db: Database, table: string, key: string, value: string): Row {
  const [row, ...more] = db.prepare<[string], Row>(`SELECT * FROM ${table} WHERE ${key} = ?`).all(value)
  if (row === undefined || more.length > 0) throw new Error(`${1 + more.length} rows of ${table} for ${value}, not one`)
  return row
}

/** @param row whose columns it has */
function inserter(db: Database, table: string, row: Row): (row: Row) => void {
  const columns = Object.keys(row)
  const insert = db.prepare(
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map((name) => `@${name}`).join(', ')})`,
  )
  return (values) => void insert.run(values)
}
