import { after, type DeviceId, seconds, toDateTime } from '@rightofway/camara'
import { closed, described, type Operation, oneOf } from '@rightofway/camara/schemas'
import Type from 'typebox'
import { MAX_YAML_DEPTH } from '../../schemas/yaml-text.js'
import { bindAddresses } from '../../usecases/devices/bind-addresses.js'
import { deleteDevice as forgetDevice } from '../../usecases/devices/delete-device.js'
import { getDevice as knownDevice } from '../../usecases/devices/get-device.js'
import { listDevices as devicesOf } from '../../usecases/devices/list-devices.js'
import { putDevices } from '../../usecases/devices/put-devices.js'
import { route } from '../route.js'
import type { AdminDeps } from './deps.js'
import { FILE_FORMATS, MAX_FILE_LENGTH } from './device-files.js'
import { readDevicesOffLoop } from './device-files-off-loop.js'
import { KnownDevice, PutDevice, Source, toBinding, toKnownDevice, toRecord, where } from './known-device.js'
import { Id, MAX_PAGE } from './schemas.js'

const tag = 'Devices'
const DevicePath = closed({ device: Id })

const putDevice = {
  operationId: 'putDevice',
  method: 'PUT',
  path: '/devices/{device}',
  summary: 'Add or replace a device',
  tag,
  params: DevicePath,
  body: PutDevice,
  success: { status: 200, description: 'The device.', schema: KnownDevice },
  errors: ['INVALID_ARGUMENT', 'CONFLICT'],
} as const satisfies Operation

const putAddresses = {
  operationId: 'putDeviceAddresses',
  method: 'PUT',
  path: '/devices/{device}/addresses',
  summary: 'Bind addresses to a device; sessions of the device that had them before end',
  tag,
  params: DevicePath,
  body: closed(
    {
      source: Type.Optional(
        described(
          Source,
          'Source of the addresses: addresses that this source gave before are replaced, those of other sources ' +
            'stay. Default: admin.',
        ),
      ),
      ttl: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: 4_294_967_295,
          description: 'Lifetime of the binding in seconds. Default: until it is replaced.',
        }),
      ),
      addresses: Type.Array(closed(where, { title: 'AddressToBind', description: 'An address of a device.' }), {
        maxItems: 16,
        description: 'An empty list removes all addresses that this source gave.',
      }),
    },
    { title: 'PutDeviceAddresses', description: 'Addresses of a device, preferred ones first.' },
  ),
  success: { status: 200, description: 'The device.', schema: KnownDevice },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND'],
} as const satisfies Operation

const importDevices = {
  operationId: 'importDevices',
  method: 'POST',
  path: '/import-devices',
  summary: 'Add or replace the devices of a file, all of them or none',
  tag,
  body: closed(
    {
      format: oneOf([...FILE_FORMATS]),
      text: Type.String({
        maxLength: MAX_FILE_LENGTH,
        description: `Contents of the file. Lists and maps of YAML may be nested ${MAX_YAML_DEPTH} deep.`,
      }),
    },
    { title: 'DeviceFile', description: 'A file of devices (docs/operate/devices.md).' },
  ),
  success: { status: 200, description: 'Their number.', schema: closed({ devices: Type.Integer() }) },
  errors: ['INVALID_ARGUMENT', 'CONFLICT'],
} as const satisfies Operation

const getDevice = {
  operationId: 'getDevice',
  method: 'GET',
  path: '/devices/{device}',
  summary: 'Get a device',
  tag,
  params: DevicePath,
  success: { status: 200, description: 'The device.', schema: KnownDevice },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND'],
} as const satisfies Operation

const listDevices = {
  operationId: 'listDevices',
  method: 'GET',
  path: '/devices',
  summary: 'List devices in the order of their ids',
  tag,
  query: closed({
    after: Type.Optional(described(Id, 'The last id seen.')),
    search: Type.Optional(
      Type.String({
        maxLength: 128,
        pattern: '^[^\\u0000-\\u001f\\u007f]*$',
        description:
          'Words, separated by spaces. A device matches if its id, number, network access identifier or ' +
          'addresses contain every word, in any letter case. For viewers only the id is searched.',
      }),
    ),
  }),
  success: { status: 200, description: `At most ${MAX_PAGE}.`, schema: Type.Array(KnownDevice) },
  errors: ['INVALID_ARGUMENT'],
} as const satisfies Operation

const deleteDevice = {
  operationId: 'deleteDevice',
  method: 'DELETE',
  path: '/devices/{device}',
  summary: 'Delete a device; its sessions continue',
  tag,
  params: DevicePath,
  success: { status: 204, description: 'It is deleted.' },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND'],
} as const satisfies Operation

export const deviceRoutes = [
  route({
    operation: putDevice,
    async handle({ params, body }, deps: AdminDeps) {
      const record = toRecord(params.device, body)
      await putDevices(deps, [record])
      return { body: toKnownDevice(record) }
    },
  }),
  route({
    operation: importDevices,
    async handle({ body }, deps: AdminDeps) {
      const devices = await readDevicesOffLoop(body.format, body.text)
      await putDevices(deps, devices)
      return { body: { devices: devices.length } }
    },
  }),
  route({
    operation: putAddresses,
    async handle({ params, body }, deps: AdminDeps) {
      const { source = 'admin', ttl, addresses } = body
      const expiresAt = ttl === undefined ? undefined : toDateTime(after(deps.clock.now(), seconds(ttl)))
      const bindings = addresses.map((address, index) =>
        toBinding({ ...address, source, ...(expiresAt !== undefined && { expiresAt }) }, `addresses[${index}]`),
      )
      return { body: toKnownDevice(await bindAddresses(deps, params.device as DeviceId, source, bindings)) }
    },
  }),
  route({
    operation: getDevice,
    async handle({ params }, deps: AdminDeps) {
      return { body: toKnownDevice(await knownDevice(deps, params.device as DeviceId)) }
    },
  }),
  route({
    operation: listDevices,
    async handle({ query, caller }, deps: AdminDeps) {
      const words = (query.search ?? '').toLowerCase().split(' ').filter(Boolean)
      // A viewer, who does not see numbers, must not find them out digit by digit.
      const search = words.length === 0 ? undefined : { words, personal: caller.operator?.role !== 'viewer' }
      const page = { after: query.after as DeviceId | undefined, limit: MAX_PAGE }
      const records = await devicesOf(deps, page, search)
      return { body: records.map(toKnownDevice) }
    },
  }),
  route({
    operation: deleteDevice,
    async handle({ params }, deps: AdminDeps) {
      await forgetDevice(deps, params.device as DeviceId)
      return {}
    },
  }),
]
