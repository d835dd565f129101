// Passwords of people, as scrypt makes them hard to guess: 32 MiB and three passes a guess. What is kept names its costs,
// so that they can be raised while old ones are still about.

import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'

const COST = { N: 32_768, r: 8, p: 3 } as const
const HASH_BYTES = 32
const SALT_BYTES = 16
/** scrypt needs 128 * N * r bytes, and a little more. */
const MAX_MEMORY = 64 * 1024 * 1024

const FORM = /^scrypt\$(\d+)\$(\d+)\$(\d+)\$([A-Za-z0-9_-]+)\$([A-Za-z0-9_-]+)$/

/** Characters: what is shorter is guessed, what is much longer is an attack. */
export const PASSWORD_LENGTH = { min: 10, max: 200 } as const

/** What to keep of a password. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const hash = await derive(password, salt, COST)
  const { N, r, p } = COST
  return `scrypt$${N}$${r}$${p}$${salt.toString('base64url')}$${hash.toString('base64url')}`
}

/** Whether `kept` is of this password. Without `kept` it takes as long, and is not. */
export async function verifyPassword(password: string, kept: string | undefined): Promise<boolean> {
  const [, N, r, p, salt = '', hash = ''] = FORM.exec(kept ?? '') ?? []
  if (N === undefined) {
    await derive(password, Buffer.alloc(SALT_BYTES), COST)
    return false
  }
  const wanted = Buffer.from(hash, 'base64url')
  const found = await derive(password, Buffer.from(salt, 'base64url'), { N: Number(N), r: Number(r), p: Number(p) })
  return wanted.length === found.length && timingSafeEqual(wanted, found)
}

/** One at a time: guesses must not take the threads that the disk and the names of sinks are waiting for. */
let last: Promise<unknown> = Promise.resolve()

function derive(password: string, salt: Buffer, cost: ScryptOptions): Promise<Buffer> {
  const mine = last.then(
    () =>
      new Promise<Buffer>((resolve, reject) => {
        // The same letters can be typed in several ways (Unicode NFC and NFD).
        scrypt(password.normalize('NFC'), salt, HASH_BYTES, { ...cost, maxmem: MAX_MEMORY }, (error, hash) =>
          error === null ? resolve(hash) : reject(error),
        )
      }),
  )
  last = mine.catch(() => undefined)
  return mine
}
