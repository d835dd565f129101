// Validators and serializers from schemas. Each schema is compiled once in a process, when it is first used, for all
// paths and servers: Fastify alone would compile the contract at the start, for every alias of the version.

import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import fastJson from 'fast-json-stringify'
import type { FastifyInstance } from 'fastify'
import { onFirstUse } from '../schemas/on-first-use.js'

// The default export of the CommonJS package is the function, though its types do not say so.
const addFormats = formats as unknown as typeof formats.default

const ajv = addFormats(
  new Ajv({
    // Fastify's defaults are the opposite of the next three: it silently repairs requests.
    removeAdditional: false,
    coerceTypes: false,
    useDefaults: false,
    discriminator: true,
    // Errors include their schema, so that messages can say what is allowed.
    verbose: true,
    // `title`, `example` and similar keywords are for the document.
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
  // Ajv caches compiled schemas itself.
  app.setValidatorCompiler<object>(({ schema }) => onFirstUse(ajv, schema))
  app.setSerializerCompiler<object>(({ schema }) => {
    let serialize: Serialize | undefined
    return (value) => {
      serialize ??= serializerOf(schema)
      return serialize(value)
    }
  })
}
