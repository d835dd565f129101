import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import Type, { type TSchema } from 'typebox'
import { describe, expect, it } from 'vitest'
import { closed, Device } from './common.js'
import { QosProfile } from './qos-profiles.js'
import { CreateSession } from './quality-on-demand.js'
import { describeViolation, type Violation } from './violations.js'

// The default export of the CommonJS package is the function, though its types do not say so.
const addFormats = formats as unknown as typeof formats.default

/** The message for a value that Ajv refuses, with the gateway's options. */
function complaint(schema: TSchema, value: unknown, { context = 'body', verbose = true } = {}) {
  const validate = addFormats(new Ajv({ strict: false, discriminator: true, verbose })).compile(schema)
  if (validate(value)) throw new Error(`${JSON.stringify(value)} is valid`)
  return describeViolation(validate.errors as Violation[], context)
}

const A_SESSION = {
  device: { phoneNumber: '+36721601234567' },
  applicationServer: { ipv4Address: '198.51.100.0/24' },
  qosProfile: 'QOS_L',
  duration: 3600,
}
const about = (members: object) => complaint(CreateSession, { ...A_SESSION, ...members })
const aboutServer = (applicationServer: unknown) => about({ applicationServer })

describe('the message of a violation', () => {
  it('names the member, and what is allowed', () => {
    expect(about({ duration: '3600' })).toEqual({
      pointer: '/duration',
      missing: false,
      message: 'duration must be a whole number',
    })
    expect(about({ duration: 0 }).message).toBe('duration must be at least 1')
    expect(about({ duration: 2147483648 }).message).toBe('duration must be at most 2147483647')
    expect(about({ qosProfile: 'no' }).message).toBe('qosProfile must have at least 3 characters')
    expect(about({ qosProfile: 'x'.repeat(257) }).message).toBe('qosProfile must have at most 256 characters')
    expect(about({ qosProfile: 'QOS L' }).message).toBe('qosProfile must match ^[a-zA-Z0-9_.-]+$')
    expect(about({ sink: 'https:// nowhere' }).message).toBe('sink must be a URI')
    expect(complaint(QosProfile, { name: 'QOS_L', status: 'ON' }).message).toBe(
      'status must be one of ACTIVE, INACTIVE, DEPRECATED',
    )
  })

  it('names members deep inside, and items by their index', () => {
    expect(
      about({
        devicePorts: {
          ranges: [
            { from: 1, to: 2 },
            { from: 0, to: 2 },
          ],
        },
      }),
    ).toEqual({
      pointer: '/devicePorts/ranges/1/from',
      missing: false,
      message: 'devicePorts.ranges[1].from must be at least 1',
    })
    expect(about({ devicePorts: { ports: [] } }).message).toBe('devicePorts.ports must have at least 1 item')
  })

  it('names a missing member, and says that it is missing rather than wrong', () => {
    expect(complaint(CreateSession, { ...A_SESSION, duration: undefined })).toEqual({
      pointer: '/duration',
      missing: true,
      message: 'duration is required',
    })
  })

  it('names the possible members where one of several is required [schema DeviceIpv4Address]', () => {
    expect(about({ device: { ipv4Address: { publicAddress: '233.252.0.2' } } })).toEqual({
      pointer: '/device/ipv4Address',
      missing: true,
      message: 'device.ipv4Address must have privateAddress or publicPort',
    })
  })

  it('names an unknown member and the known ones, at any depth', () => {
    expect(about({ duratoin: 1 }).pointer).toBe('/duratoin')
    expect(about({ device: { ...A_SESSION.device, imsi: 1 } }).message).toBe(
      'device.imsi is not a known member; allowed are ' +
        'phoneNumber, networkAccessIdentifier, ipv4Address, ipv6Address',
    )
  })

  it('leaves the known members out where the validator does not report them', () => {
    expect(complaint(Device, { imsi: 1 }, { verbose: false }).message).toBe('imsi is not a known member')
  })

  it('escapes names in the JSON pointer, and not in the message [RFC 6901 section 3]', () => {
    expect(complaint(closed({}), { 'a/b~c': 1 })).toMatchObject({
      pointer: '/a~1b~0c',
      message: 'a/b~c is not a known member',
    })
  })
})

describe('the violation of the intended alternative', () => {
  it('is about a value rather than about which members are present [schema ApplicationServer]', () => {
    expect(aboutServer({ ipv4Address: '1.2.3.400' }).message).toContain('applicationServer.ipv4Address must match')
    expect(aboutServer({ ipAddresses: [] }).message).toBe('applicationServer.ipAddresses must have at least 1 item')
    expect(aboutServer({}).message).toBe('applicationServer must have at least 1 member')
    expect(aboutServer([]).message).toBe('applicationServer must be an object')
  })

  it('is the member that no alternative has', () => {
    const message =
      'applicationServer.ipv4Adress is not a known member; allowed are ipv4Address, ipv6Address, ipAddresses'
    expect(aboutServer({ ipv4Adress: '198.51.100.1' }).message).toBe(message)
    expect(aboutServer({ ipAddresses: ['198.51.100.1'], ipv4Adress: '198.51.100.1' }).message).toBe(message)
  })

  it('is that both are not allowed where each alternative has one of two', () => {
    expect(aboutServer({ ipAddresses: ['198.51.100.1'], ipv4Address: '198.51.100.1' })).toEqual({
      pointer: '/applicationServer',
      missing: false,
      message: 'applicationServer cannot have both ipAddresses and ipv4Address',
    })
  })

  it('lists all alternatives where one value may have several forms', () => {
    expect(aboutServer({ ipAddresses: ['198.51.100.1/24'] }).message).toBe(
      'applicationServer.ipAddresses[0] must be an IPv4 address without a prefix length ' +
        'or an IPv6 address without a prefix length',
    )
    expect(complaint(Type.Union([Type.String(), Type.Integer()]), true).message).toBe(
      'The body must be a string or a whole number',
    )
  })

  it('has the indices of equal items in a list', () => {
    expect(aboutServer({ ipAddresses: ['198.51.100.1', '198.51.100.2', '198.51.100.1'] }).message).toBe(
      'applicationServer.ipAddresses must not contain an item twice (items 0 and 2 are equal)',
    )
  })

  it('is of the type that the value names [schema SinkCredential]', () => {
    const token = { credentialType: 'ACCESSTOKEN', accessToken: 'x', accessTokenExpiresUtc: '2026-06-01T12:00:00Z' }
    expect(about({ sinkCredential: { ...token, accessTokenType: 'mac' } })).toEqual({
      pointer: '/sinkCredential/accessTokenType',
      missing: false,
      message: 'sinkCredential.accessTokenType must be one of bearer',
    })
    expect(
      about({ sinkCredential: { ...token, accessTokenType: 'bearer', accessTokenExpiresUtc: '2026' } }).message,
    ).toBe('sinkCredential.accessTokenExpiresUtc must be a date and time with a time zone (RFC 3339)')
    expect(about({ sinkCredential: { credentialType: 'PLAIN' } })).toEqual({
      pointer: '/sinkCredential/credentialType',
      missing: false,
      message: 'sinkCredential.credentialType must be one of ACCESSTOKEN, PRIVATE_KEY_JWT',
    })
    expect(about({ sinkCredential: {} })).toMatchObject({ pointer: '/sinkCredential/credentialType', missing: true })
  })
})

describe('the place of a violation', () => {
  it('is the body itself where it is no object', () => {
    expect(complaint(CreateSession, null)).toEqual({
      pointer: '',
      missing: false,
      message: 'The body must be an object',
    })
  })

  it('names the part of the request, where it is not the body', () => {
    const path = closed({ sessionId: Type.String({ format: 'uuid' }) })
    expect(complaint(path, { sessionId: '7' }, { context: 'params' }).message).toBe('sessionId (path) must be a UUID')
    const query = closed({ after: Type.Optional(Type.String()) })
    expect(complaint(query, { before: 'x' }, { context: 'querystring', verbose: false }).message).toBe(
      'before (query) is not a known member',
    )
  })

  it('is absent without a violation', () => {
    expect(describeViolation([], 'body').message).toBe('The request is malformed')
  })
})
