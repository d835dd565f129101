// Authenticates the sender of an event: by the token, or by the signature headers of Standard Webhooks
// (https://www.standardwebhooks.com): HMAC-SHA256 over id, time and body.

import { QodArgumentError, QodEventError } from './errors.js'

/** Seconds. An older signature may be a replay; one from further in the future is not valid. */
const TOLERANCE_S = 300

/**
 * Checks that a body was signed with a secret, was not changed, and was signed recently.
 * @param text the body as it arrived; undefined if it was parsed and not kept
 * @returns the id that was signed
 * @throws {QodEventError} 401
 * @throws {QodArgumentError} the signature cannot be verified
 */
export async function verifySignature(
  text: string | undefined,
  header: (name: string) => string,
  secrets: readonly string[],
): Promise<string> {
  if (text === undefined) {
    throw new QodArgumentError('the body was parsed: verifying its signature needs request.rawBody')
  }
  const id = header('webhook-id')
  const timestamp = header('webhook-timestamp')
  const now = Date.now() / 1000
  const wanted = await Promise.all(secrets.map((secret) => sign(`${id}.${timestamp}.${text}`, secret)))
  for (const signature of header('webhook-signature').split(' ')) {
    if (Math.abs(now - Number(timestamp)) <= TOLERANCE_S && (await isOneOf(signature, wanted))) return id
  }
  throw new QodEventError(401, `the request has no valid signature that is at most ${TOLERANCE_S} s old`)
}

async function sign(text: string, secret: string): Promise<string> {
  const bytes = /^whsec_([A-Za-z0-9+/]+=*)$/.exec(secret)?.[1]
  if (bytes === undefined) throw new QodArgumentError('secret must be whsec_ followed by base64')
  const raw = Uint8Array.from(atob(bytes), (character) => character.charCodeAt(0))
  const key = await crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  const mac = new Uint8Array(await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(text)))
  return `v1,${btoa(String.fromCharCode(...mac))}`
}

/** Compares digests, so that the time it takes reveals nothing about the secrets. */
export async function isOneOf(given: string, secrets: readonly string[]): Promise<boolean> {
  const [actual, ...wanted] = await Promise.all([given, ...secrets].map(digest))
  return given !== '' && wanted.includes(actual as string)
}

const digest = async (text: string): Promise<string> =>
  String(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))))
