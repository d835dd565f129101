import type { Ajv, ErrorObject, ValidateFunction } from 'ajv'

export interface Validator {
  (value: unknown): boolean
  /** Of the last value, if that was not valid. */
  errors?: ErrorObject[] | null
}

/**
 * A validator that is compiled when it is first used: compiling one takes some milliseconds, there are hundreds of them,
 * and no process uses them all.
 */
export function onFirstUse(ajv: Ajv, schema: object): Validator {
  let compiled: ValidateFunction | undefined
  const validate: Validator = (value) => {
    compiled ??= ajv.compile(schema)
    const isValid = compiled(value)
    validate.errors = compiled.errors ?? null
    return isValid
  }
  return validate
}
