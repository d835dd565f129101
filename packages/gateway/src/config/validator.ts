import { QodError } from '@rightofway/camara'
import { Ajv, type ValidateFunction } from 'ajv'
import formats from 'ajv-formats'
import type { TSchema } from 'typebox'
import { familyOf, parsePrefix } from '../domain/address.js'

// The types of the CommonJS package hide that its default export is the function.
const addFormats = formats as unknown as typeof formats.default

const ajv = addFormats(new Ajv({ useDefaults: true, strict: false, discriminator: true, verbose: true }))
ajv.addFormat('prefix', isPrefix)

/** A validator for what comes from files: it fills in defaults, and coerces nothing. */
export const compile = (schema: TSchema): ValidateFunction => ajv.compile(schema)

function isPrefix(text: string): boolean {
  try {
    parsePrefix(text, familyOf(text), 'prefix')
    return true
  } catch (error) {
    if (!(error instanceof QodError)) throw error
    return false
  }
}
