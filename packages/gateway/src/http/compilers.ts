// Validators and serializers out of schemas. Each schema is compiled once in a process, when it is first used, however
// many paths and servers it is of: Fastify by itself would compile the contract at the start, for every alias of the version.

import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import fastJson from 'fast-json-stringify'
import type { FastifyInstance } from 'fastify'
import { onFirstUse } from '../schemas/on-first-use.js'

// The types of the CommonJS package hide that its default export is the function.
const addFormats = formats as unknown as typeof formats.default

const ajv = addFormats(
  new Ajv({
    // Fastify's own settings are the opposite of the next three: it repairs requests in silence.
    removeAdditional: false,
    coerceTypes: false,
    useDefaults: false,
    discriminator: true,
    // Errors come with the schema they are of, so that they can say what is allowed.
    verbose: true,
    // `title`, `example` and their like are for the document.
    strict: false,
  }),
)

type Serialize = (value: unknown) => string

const serializers = new WeakMap<object, Serialize>()

function serializerOf(schema: object): Serialize {
  let serialize = serializers.get(schema)
  if (serialize === undefined) {
    serialize = fastJson(schema) as Serialize
    serializers.set(schema, serialize)
  }
  return serialize
}

export function useCompilers(app: FastifyInstance): void {
  // Ajv itself remembers what it has compiled.
  app.setValidatorCompiler<object>(({ schema }) => onFirstUse(ajv, schema))
  app.setSerializerCompiler<object>(({ schema }) => {
    let serialize: Serialize | undefined
    return (value) => {
      serialize ??= serializerOf(schema)
      return serialize(value)
    }
  })
}
