import { type Device, type DeviceResponse, QodError } from '@rightofway/camara'
import type { Caller } from '../../domain/caller.js'
import { identifiersOf, type NamedBy, type ResolvedDevice, type Service } from '../../domain/device.js'
import type { Deps } from '../deps.js'

/** A device, and the identifier that named it, as it was written. */
export interface NamedDevice extends ResolvedDevice {
  /** Absent where the access token named it. */
  readonly shown?: DeviceResponse
}

/**
 * The identifiers of a request, parsed: what can be said of them without asking anybody.
 * @throws {QodError} `INVALID_ARGUMENT`
 */
export const parseDevice = (device: Device | undefined): NamedBy[] | undefined => device && identifiersOf(device)

/**
 * The device that a request is about: of the identifiers given, the first of a supported kind that resolves. They are
 * not checked against each other: whether two of them belong together is nobody's to learn here.
 * @param service what has to be sold for it
 * @returns undefined if neither the request nor the token names one
 * @throws {QodError} `UNNECESSARY_IDENTIFIER`, `UNSUPPORTED_IDENTIFIER`, `IDENTIFIER_NOT_FOUND`,
 *   `SERVICE_NOT_APPLICABLE`
 */
export async function resolveDevice(
  { directory }: Pick<Deps, 'directory'>,
  caller: Caller,
  named: readonly NamedBy[] | undefined,
  service: Service = 'quality-on-demand',
): Promise<NamedDevice | undefined> {
  if (caller.device !== undefined) {
    if (named !== undefined) throw new QodError('UNNECESSARY_IDENTIFIER')
    const device = await directory.resolve(caller.device)
    if (device === undefined) throw new QodError('IDENTIFIER_NOT_FOUND')
    checkSold(device, service)
    return device
  }
  if (named === undefined) return undefined
  const supported = named.filter(({ identifier }) => directory.supports.has(identifier.kind))
  if (supported.length === 0) {
    throw new QodError(
      'UNSUPPORTED_IDENTIFIER',
      `Supported identifiers are ${[...directory.supports].join(', ')}; the request has only ` +
        named.map(({ identifier }) => identifier.kind).join(', '),
    )
  }
  for (const { identifier, original } of supported) {
    const device = await directory.resolve(identifier)
    if (device === undefined) continue
    checkSold(device, service)
    return { ...device, shown: original }
  }
  throw new QodError('IDENTIFIER_NOT_FOUND')
}

/** What qos-profiles tells of is what quality-on-demand gives: they are one service. */
function checkSold({ services }: ResolvedDevice, service: Service): void {
  if (services !== undefined && !services.includes(service)) throw new QodError('SERVICE_NOT_APPLICABLE')
}

/** As {@link resolveDevice}, where there must be one. @throws {QodError} `MISSING_IDENTIFIER` as well */
export async function requireDevice(
  deps: Pick<Deps, 'directory'>,
  caller: Caller,
  named: readonly NamedBy[] | undefined,
  service?: Service,
): Promise<NamedDevice> {
  const device = await resolveDevice(deps, caller, named, service)
  if (device === undefined) throw new QodError('MISSING_IDENTIFIER')
  return device
}
