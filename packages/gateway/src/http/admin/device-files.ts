// Files of devices that operators import: a table with a line for each device, or a YAML list of devices as the admin
// API shows them.

import { QodError } from '@rightofway/camara'
import { describeViolation, type Violation } from '@rightofway/camara/schemas'
import type { Static } from 'typebox'
import type { DeviceRecord } from '../../ports/store/devices.js'
import { compile } from '../../schemas/validator.js'
import { parseYaml } from '../../schemas/yaml-text.js'
import { parseCsv } from './csv.js'
import { KnownDevice, toRecord } from './known-device.js'

export const FILE_FORMATS = ['csv', 'yaml'] as const
export type FileFormat = (typeof FILE_FORMATS)[number]

/** In characters. */
export const MAX_FILE_LENGTH = 8 * 1_048_576

/** So many take ten seconds to import, and 100 MB of memory. */
const MAX_FILE_DEVICES = 100_000

/** The entry of one device, and its place in the file. */
interface Entry {
  readonly place: string
  readonly value: unknown
}

/** Columns of a table. All but the first two can have several items, separated by spaces. */
const COLUMNS = [
  'device',
  'phoneNumber',
  'networkAccessIdentifier',
  'supi',
  'addresses',
  'publicAddress',
  'publicPorts',
  'services',
  'profiles',
] as const
type Row = Readonly<Partial<Record<(typeof COLUMNS)[number], string>>>

const validate = compile(KnownDevice)

/**
 * The devices of a file. It takes a second for some ten thousand of them: see `device-files-off-loop.ts`.
 * @throws {QodError} `INVALID_ARGUMENT` naming the place in the file and the member
 */
export function readDevices(format: FileFormat, text: string): DeviceRecord[] {
  const ids = new Set<string>()
  const entries = entriesOf(format, text)
  if (entries.length > MAX_FILE_DEVICES) {
    throw new QodError(
      'INVALID_ARGUMENT',
      `The file has ${entries.length} devices, and may have ${MAX_FILE_DEVICES}: import it in parts`,
    )
  }
  return entries.map(({ place, value }) => {
    const refuse = (message: string) => new QodError('INVALID_ARGUMENT', `${place}: ${message}`)
    if (!validate(value)) {
      throw refuse(describeViolation(validate.errors as Violation[], 'device').message.replace(' (device)', ''))
    }
    const { device, ...rest } = value as Static<typeof KnownDevice>
    if (ids.has(device)) throw refuse(`the device ${device} occurs twice`)
    ids.add(device)
    try {
      return toRecord(device, rest)
    } catch (error) {
      if (!(error instanceof QodError)) throw error
      throw refuse(error.message)
    }
  })
}

function entriesOf(format: FileFormat, text: string): Entry[] {
  try {
    return format === 'csv' ? fromTable(text) : fromYaml(text)
  } catch (error) {
    if (error instanceof QodError) throw error
    throw new QodError('INVALID_ARGUMENT', `The file is not ${format.toUpperCase()}: ${(error as Error).message}`)
  }
}

function fromYaml(text: string): Entry[] {
  const list = parseYaml(text).value
  if (!Array.isArray(list)) throw new QodError('INVALID_ARGUMENT', 'The file must be a list of devices')
  return list.map((value: unknown, index) => ({ place: `device ${index + 1}`, value }))
}

function fromTable(text: string): Entry[] {
  const [head, ...records] = parseCsv(text)
  const names = head?.fields ?? []
  const place = names.findIndex((name) => !(COLUMNS as readonly string[]).includes(name))
  if (place !== -1 || !names.includes('device')) {
    // Without a header line, a table has phone numbers there.
    const name = names[place] ?? ''
    const stranger = /^[A-Za-z]{1,40}$/.test(name) ? name : `the name of column ${place + 1}`
    throw new QodError(
      'INVALID_ARGUMENT',
      `The first line must name the columns: device, and others of ${COLUMNS.join(', ')}` +
        (place === -1 ? '' : `; ${stranger} is not a column`),
    )
  }
  return records.map(({ line, fields }) => {
    const place = `line ${line}`
    if (fields.length !== names.length) {
      throw new QodError(
        'INVALID_ARGUMENT',
        `${place}: it has ${fields.length} fields, but the first line has ${names.length}`,
      )
    }
    const filled = names.map((name, index) => [name, fields[index] ?? ''] as const).filter(([, field]) => field !== '')
    return { place, value: toDevice(Object.fromEntries(filled), place) }
  })
}

const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '')

/** A public address and its ports belong to the first address. */
function toDevice({ addresses, publicAddress, publicPorts, services, profiles, ...names }: Row, place: string): object {
  const [first, ...others] = words(addresses ?? '')
  if (first === undefined && publicAddress !== undefined) {
    throw new QodError('INVALID_ARGUMENT', `${place}: publicAddress requires addresses`)
  }
  return {
    ...names,
    addresses: [
      ...(first === undefined ? [] : [{ address: first, ...publicSide(publicAddress, publicPorts) }]),
      ...others.map((address) => ({ address })),
    ].map((address) => ({ ...address, source: 'import' })),
    ...(services !== undefined && { services: words(services) }),
    ...(profiles !== undefined && { profiles: words(profiles) }),
  }
}

function publicSide(publicAddress: string | undefined, ports: string | undefined): object {
  if (publicAddress === undefined && ports === undefined) return {}
  const [from = Number.NaN, to = from] = (ports ?? '').split('-').map(Number)
  return { publicAddress, ...(ports !== undefined && { publicPorts: { from, to } }) }
}
