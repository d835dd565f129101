import { isIP } from 'node:net'
import { QodError } from '@rightofway/camara'
import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import type { TSchema } from 'typebox'
import { familyOf, parsePrefix } from '../domain/address.js'
import { onFirstUse, type Validator } from './on-first-use.js'

// The types of the CommonJS package hide that its default export is the function.
const addFormats = formats as unknown as typeof formats.default

const options = {
  useDefaults: true,
  strict: false,
  discriminator: true,
  verbose: true,
  // Either takes as long as all the rest, at the start of every process. The schemas are ours, and what they refuse is tested.
  validateSchema: false,
  code: { optimize: false },
} as const
const [ajv, thoroughAjv] = [options, { ...options, allErrors: true }].map((options) => {
  const ajv = addFormats(new Ajv(options))
  ajv.addFormat('prefix', isPrefix)
  ajv.addFormat('name-server', isNameServer)
  ajv.addFormat('origin', isOrigin)
  ajv.addFormat('http-url', isHttpUrl)
  return ajv
}) as [Ajv, Ajv]

/** As {@link compile}; it does not stop at the first violation. */
export const compileThorough = (schema: TSchema): Validator => onFirstUse(thoroughAjv, schema)

/** A validator for what comes from files: it fills in defaults, and coerces nothing. */
export const compile = (schema: TSchema): Validator => onFirstUse(ajv, schema)

function isPrefix(text: string): boolean {
  try {
    parsePrefix(text, familyOf(text), 'prefix')
    return true
  } catch (error) {
    if (!(error instanceof QodError)) throw error
    return false
  }
}

/** Node's own check is not enough: it fails at port 0. */
function isNameServer(text: string): boolean {
  const [, ipv6, ipv4, port = '53'] = /^(?:\[(.+)\]|([\d.]+))(?::([1-9]\d{0,4}))?$/.exec(text) ?? []
  return isIP(ipv6 ?? ipv4 ?? text) !== 0 && !text.includes('%') && Number(port) <= 65_535
}

/** What a pattern takes may still have a port beyond all ports, or a host that is none. */
function isHttpUrl(text: string): boolean {
  return /^https?:\/\/\S+$/.test(text) && URL.canParse(text)
}

/** RFC 6454 section 6.2, of any scheme, or `*`. */
function isOrigin(text: string): boolean {
  return text === '*' || (/^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@*\\]+$/i.test(text) && URL.canParse(text))
}
