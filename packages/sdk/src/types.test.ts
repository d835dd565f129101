// Tests of the types. `npm run check` compiles this; lines that must not compile are marked.

import { describe, expect, expectTypeOf, it } from 'vitest'
import type {
  CreateQodSessionOptions,
  Device,
  DeviceIpv4Addr,
  ErrorCode,
  PortSpec,
  QoDSession,
  QodApiError,
  QodConnectionError,
  QodEvent,
  SessionChange,
} from './index.js'
import * as sdk from './index.js'

declare const device: Device
declare const session: QoDSession
declare const client: sdk.NetworkAsCodeClient

/** Compiled, and never called. */
export function promises(): void {
  expectTypeOf(session.duration).toEqualTypeOf<number>()
  expectTypeOf(session.startedAt).toEqualTypeOf<Date | undefined>()
  expectTypeOf(session.status).toEqualTypeOf<'REQUESTED' | 'AVAILABLE' | 'UNAVAILABLE'>()
  expectTypeOf(session.device).toEqualTypeOf<Device>()
  expectTypeOf(session.settled()).resolves.toEqualTypeOf<QoDSession>()
  expectTypeOf(session.changes()).toExtend<AsyncIterable<SessionChange>>()
  expectTypeOf(session).toExtend<AsyncDisposable>()
  expectTypeOf(device.sessions()).resolves.toEqualTypeOf<QoDSession[]>()
  expectTypeOf(client.sessions.get('id')).resolves.toEqualTypeOf<QoDSession>()
  expectTypeOf<QodApiError['code']>().toEqualTypeOf<ErrorCode | (string & {})>()
  expectTypeOf<QodConnectionError['outcome']>().toEqualTypeOf<'none' | 'unknown'>()
  expectTypeOf<QodEvent['status']>().toEqualTypeOf<'AVAILABLE' | 'UNAVAILABLE'>()
  expectTypeOf<DeviceIpv4Addr>().toExtend<{ publicAddress: string }>()
  expectTypeOf<PortSpec>().toExtend<{ ports?: readonly number[] | undefined }>()
  expectTypeOf<CreateQodSessionOptions>().toHaveProperty('profile')

  void device.createQodSession('QOS_L', '233.252.0.2', '2001:db8::1', 3600)
  void device.createQodSession('QOS_L', { serviceIpv4: undefined, serviceIpv6: '2001:db8::1' })
  // @ts-expect-error a duration is a number of seconds
  void device.createQodSession({ profile: 'QOS_L', serviceIpv4: '233.252.0.2', duration: '1h' })
  // @ts-expect-error a session needs a profile
  void device.createQodSession({ serviceIpv4: '233.252.0.2' })
  // @ts-expect-error a duration is not a method
  session.duration()
  // @ts-expect-error the answer of the endpoint is read-only
  session.duration = 60
  // @ts-expect-error a public address is needed
  client.devices.get({ ipv4Address: { privateAddress: '192.0.2.25' } })
  // @ts-expect-error sessions have no public constructor
  new sdk.QoDSession()
  // @ts-expect-error a token is required, or null for any sender
  void sdk.parseQodEvent(new Request('https://app.example'), {})
}

describe('the package', () => {
  it('exports the documented names, and no others', () => {
    expect(Object.keys(sdk).sort()).toEqual([
      'Device',
      'NetworkAsCodeClient',
      'QoDSession',
      'QodApiError',
      'QodArgumentError',
      'QodClearError',
      'QodConnectionError',
      'QodError',
      'QodEventError',
      'QosAssignment',
      'camara',
      'nokia',
      'parseAssignmentEvent',
      'parseQodEvent',
      'rightofway',
    ])
  })
})
