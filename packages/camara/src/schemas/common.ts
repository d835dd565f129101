// Schemas that several CAMARA APIs share. A schema with a `title` is a named component: the OpenAPI document refers to
// it, and types.ts holds an interface of that name.

import Type, { type Static, type TProperties, type TSchema } from 'typebox'

/** A closed object: members that are not named here are refused (CAMARA 1.2, at any depth). */
export const closed = <P extends TProperties>(properties: P, options: Record<string, unknown> = {}) =>
  Type.Object(properties, { ...options, additionalProperties: false })

/** One of a few words. */
export const oneOf = <const V extends string[]>(values: [...V], options: Record<string, unknown> = {}) =>
  Type.Enum(values, { type: 'string', ...options })

/** A value of exactly one of several schemas. */
export const alternatives = <const S extends TSchema[]>(schemas: [...S], options: Record<string, unknown> = {}) =>
  Type.Unsafe<Static<S[number]>>({ ...options, oneOf: schemas })

/** On a schema that was {@link described}: how it describes itself. A symbol, so that validators do not see it. */
export const OWN_DESCRIPTION = Symbol('own description')

/** The same schema with another description, so that a component can be explained where it is used. */
export const described = <S extends TSchema & { description?: string }>(schema: S, description: string): S => ({
  [OWN_DESCRIPTION]: schema.description,
  ...schema,
  description,
})

const INT32_MAX = 2147483647

export const DateTime = Type.String({
  format: 'date-time',
  maxLength: 64,
  description: 'RFC 3339 with a time zone.',
})

export const DurationSeconds = Type.Integer({
  format: 'int32',
  minimum: 1,
  maximum: INT32_MAX,
  description: 'Whole seconds.',
})

/** `x-correlator`. An object of RegExp, not of the schema, because Fastify's header schemas cost time per request. */
export const X_CORRELATOR_PATTERN = /^[a-zA-Z0-9\-_:;./<>{}]{0,256}$/

export const XCorrelator = Type.String({
  title: 'XCorrelator',
  pattern: '^[a-zA-Z0-9-_:;.\\/<>{}]{0,256}$',
  maxLength: 256,
  description: 'Ties a request, its answer and its events together. Echoed; made up by the server when absent.',
})

export const ErrorInfo = closed(
  {
    status: Type.Integer({ format: 'int32', minimum: 100, maximum: 599, description: 'HTTP status of the answer.' }),
    code: Type.String({ maxLength: 96, description: 'For programs: one of the codes of this operation.' }),
    message: Type.String({ maxLength: 512, description: 'For people: what was wrong, where, and what is allowed.' }),
  },
  { title: 'ErrorInfo', description: 'A refusal.' },
)

export const PhoneNumber = Type.String({
  title: 'PhoneNumber',
  pattern: '^\\+[1-9][0-9]{4,14}$',
  maxLength: 16,
  description: 'E.164 with a leading `+`: 5 to 15 digits, no spaces.',
  example: '+36721601234567',
})

export const NetworkAccessIdentifier = Type.String({
  title: 'NetworkAccessIdentifier',
  minLength: 1,
  maxLength: 2048,
  // RFC 7542 section 2.2 has no control characters.
  pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]*$',
  description: 'A subscription named as user@realm (RFC 7542). Not every operator supports it.',
  example: 'device@testcsp.net',
})

export const Ipv4Address = Type.String({ format: 'ipv4', maxLength: 15, description: 'Dotted quad, no prefix.' })
export const Ipv6Address = Type.String({ format: 'ipv6', maxLength: 45, description: 'RFC 4291 text, no prefix.' })

export const Port = Type.Integer({
  title: 'Port',
  format: 'int32',
  minimum: 1,
  maximum: 65535,
  description: 'A TCP or UDP port.',
})

export const DeviceIpv4Address = closed(
  {
    publicAddress: described(Ipv4Address, 'The address that servers see.'),
    privateAddress: Type.Optional(described(Ipv4Address, "The device's own address behind NAT.")),
    publicPort: Type.Optional(described(Port, 'The port that servers see.')),
  },
  {
    title: 'DeviceIpv4Address',
    anyOf: [
      { type: 'object', required: ['privateAddress'] },
      { type: 'object', required: ['publicPort'] },
    ],
    description:
      'A public IPv4 address is shared by many devices: it names one only with the private address or the public port.',
  },
)

export const DeviceIpv6Address = Type.String({
  title: 'DeviceIpv6Address',
  format: 'ipv6',
  maxLength: 45,
  description: "The device's IPv6 address, or any address within its prefix.",
})

export const Device = closed(
  {
    phoneNumber: Type.Optional(PhoneNumber),
    networkAccessIdentifier: Type.Optional(NetworkAccessIdentifier),
    ipv4Address: Type.Optional(DeviceIpv4Address),
    ipv6Address: Type.Optional(DeviceIpv6Address),
  },
  {
    title: 'Device',
    minProperties: 1,
    description:
      'One device, by one or more identifiers. The first of phoneNumber, ipv4Address, ipv6Address and ' +
      'networkAccessIdentifier that the operator supports and can resolve is used.',
  },
)

export const DeviceResponse = closed(
  {
    phoneNumber: Type.Optional(PhoneNumber),
    networkAccessIdentifier: Type.Optional(NetworkAccessIdentifier),
    ipv4Address: Type.Optional(DeviceIpv4Address),
    ipv6Address: Type.Optional(DeviceIpv6Address),
  },
  {
    title: 'DeviceResponse',
    minProperties: 1,
    maxProperties: 1,
    description: 'The one identifier, of those in the request, that the session was made for. As it was written.',
  },
)
