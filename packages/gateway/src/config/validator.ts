import { Ajv, type ValidateFunction } from 'ajv'
import formats from 'ajv-formats'
import type { TSchema } from 'typebox'

// The types of the CommonJS package hide that its default export is the function.
const addFormats = formats as unknown as typeof formats.default

const ajv = addFormats(new Ajv({ useDefaults: true, strict: false, discriminator: true }))

/** A validator for what comes from files: it fills in defaults, and coerces nothing. */
export const compile = (schema: TSchema): ValidateFunction => ajv.compile(schema)
