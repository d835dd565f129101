// Gateways that share a database.

import { randomBytes } from 'node:crypto'

/** One keyring for all of them. */
export const SHARED_KEYS = randomBytes(32).toString('base64')

/** Settings of a gateway on a shared store. */
export const sharedSettings = (url: string, name = 'one'): Readonly<Record<string, unknown>> => ({
  name,
  'store.url': url,
  'keyring.keys': SHARED_KEYS,
  publicUrl: 'https://gateway.example',
})
