// What every directory owes the gateway. An adapter's test is one line that calls this.

import type { DeviceId } from '@rightofway/camara'
import { expect } from 'vitest'
import { type Prefix, prefixContains, prefixLength } from '../../src/domain/address.js'
import { IDENTIFIER_KINDS, type Identifier } from '../../src/domain/device.js'
import type { DeviceDirectory } from '../../src/ports/device-directory.js'
import { contract, type Skips } from '../support/contract.js'

export interface DirectoryWorld {
  readonly directory: DeviceDirectory
  /** Two devices or more, each with all the names that lead to it: two spellings or addresses at least. */
  readonly devices: readonly (readonly Identifier[])[]
  /** Well formed and nobody's: one name at least of every kind, supported or not. */
  readonly strangers: readonly Identifier[]
  close(): Promise<void>
}

export type OpenDirectoryWorld = () => Promise<DirectoryWorld>

/** The suite that every DeviceDirectory passes, unchanged. */
export function describeDirectory(name: string, open: OpenDirectoryWorld, skips: Skips = {}): void {
  const withDirectory = (use: (world: DirectoryWorld) => Promise<void>) => async () => {
    const world = await open()
    try {
      await use(world)
    } finally {
      await world.close()
    }
  }
  contract(`DeviceDirectory: ${name}`, skips, (test) => {
    test(
      'says which kinds of identifiers it can resolve, and resolves one of each at least',
      withDirectory(async ({ directory: { supports }, devices }) => {
        expect(supports.size).toBeGreaterThan(0)
        for (const kind of supports) expect(IDENTIFIER_KINDS).toContain(kind)
        expect(new Set(devices.flat().map(({ kind }) => kind))).toEqual(supports)
      }),
    )

    test(
      'gives a device one identity, by whatever name it is asked for, and every device its own',
      withDirectory(async ({ directory, devices }) => {
        const found = await Promise.all(
          devices.map((names) => Promise.all(names.map(async (named) => (await directory.resolve(named))?.id))),
        )
        for (const idsOfOne of found) {
          expect(idsOfOne.length).toBeGreaterThan(1)
          expect(new Set(idsOfOne).size).toBe(1)
          expect(idsOfOne[0]).toBeTruthy()
        }
        expect(new Set(found.flat()).size).toBe(devices.length)
      }),
    )

    test(
      'finds a device by its identity, whatever kinds it supports, and nobody by one that it never gave',
      withDirectory(async ({ directory, devices }) => {
        for (const identifier of devices.flat()) {
          const device = await directory.resolve(identifier)
          expect(await directory.resolve({ kind: 'id', id: device?.id as DeviceId })).toEqual(device)
        }
        expect(await directory.resolve({ kind: 'id', id: 'nobody' as DeviceId })).toBeUndefined()
      }),
    )

    test(
      'gives the same answer to the same question',
      withDirectory(async ({ directory, devices }) => {
        for (const identifier of devices.flat()) {
          expect(await directory.resolve(identifier)).toEqual(await directory.resolve(identifier))
        }
      }),
    )

    test(
      'tells where a device can be found: an IPv4 address, an IPv6 prefix, each in its family',
      withDirectory(async ({ directory, devices }) => {
        for (const identifier of devices.flat()) {
          const { ipv4, ipv6 } = (await directory.resolve(identifier))?.addresses ?? {}
          expect(ipv4 ?? ipv6).toBeDefined()
          if (ipv4 !== undefined) expect(prefixLength(ipv4)).toBe(32)
          if (ipv6 !== undefined) expect(ipv6).toContain(':')
        }
      }),
    )

    test(
      'finds a device that is named by an IPv6 address at a prefix that holds the address',
      withDirectory(async ({ directory, devices }) => {
        const named = devices.flat().filter((identifier) => identifier.kind === 'ipv6Address')
        expect(named.length > 0).toBe(directory.supports.has('ipv6Address'))
        for (const identifier of named) {
          const { ipv6 } = (await directory.resolve(identifier))?.addresses ?? {}
          expect(prefixContains(ipv6 as Prefix, identifier.address)).toBe(true)
        }
      }),
    )

    test(
      "knows nobody by a name that is nobody's: an answer, and no error",
      withDirectory(async ({ directory, strangers }) => {
        expect(new Set(strangers.map(({ kind }) => kind))).toEqual(new Set(IDENTIFIER_KINDS))
        for (const identifier of strangers) expect(await directory.resolve(identifier)).toBeUndefined()
      }),
    )
  })
}
