// What the types promise. `npm run check` compiles this; what must not compile is marked so.

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
  // @ts-expect-error a session is for a profile
  void device.createQodSession({ serviceIpv4: '233.252.0.2' })
  // @ts-expect-error a duration is no method
  session.duration()
  // @ts-expect-error what the endpoint said cannot be changed here
  session.duration = 60
  // @ts-expect-error a public address is needed
  client.devices.get({ ipv4Address: { privateAddress: '192.0.2.25' } })
  // @ts-expect-error sessions are made by the network
  new sdk.QoDSession()
  // @ts-expect-error who may send events is said, or said to be anybody
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
