import { readFileSync } from 'node:fs'
import type { Static, TSchema } from 'typebox'
import { describe, expect, it } from 'vitest'
import { GENERATED } from '../scripts/generated.js'
import type * as schemas from './schemas/index.js'
import type * as types from './types.js'

const text = readFileSync(new URL('./types.ts', import.meta.url), 'utf8')

/** `true` if each type is assignable to the other. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false

/** Compiles only if the schema and the interface have the same type. */
const agree = <S extends TSchema, T>(..._proof: Same<Static<S>, T> extends true ? [] : [never]): true => true

const CHECKED = {
  AccessTokenCredential: agree<typeof schemas.AccessTokenCredential, types.AccessTokenCredential>(),
  ApplicationServer: agree<typeof schemas.ApplicationServer, types.ApplicationServer>(),
  ApplicationServerIpAddressList: agree<
    typeof schemas.ApplicationServerIpAddressList,
    types.ApplicationServerIpAddressList
  >(),
  ApplicationServerIpAddressSubnets: agree<
    typeof schemas.ApplicationServerIpAddressSubnets,
    types.ApplicationServerIpAddressSubnets
  >(),
  AssignmentInfo: agree<typeof schemas.AssignmentInfo, types.AssignmentInfo>(),
  AssignmentStatusInfo: agree<typeof schemas.AssignmentStatusInfo, types.AssignmentStatusInfo>(),
  CountryAvailability: agree<typeof schemas.CountryAvailability, types.CountryAvailability>(),
  CreateAssignment: agree<typeof schemas.CreateAssignment, types.CreateAssignment>(),
  CreateSession: agree<typeof schemas.CreateSession, types.CreateSession>(),
  Device: agree<typeof schemas.Device, types.Device>(),
  DeviceIpv4Address: agree<typeof schemas.DeviceIpv4Address, types.DeviceIpv4Address>(),
  DeviceResponse: agree<typeof schemas.DeviceResponse, types.DeviceResponse>(),
  Duration: agree<typeof schemas.Duration, types.Duration>(),
  ErrorInfo: agree<typeof schemas.ErrorInfo, types.ErrorInfo>(),
  EventQosStatus: agree<typeof schemas.EventQosStatus, types.EventQosStatus>(),
  EventQosStatusChanged: agree<typeof schemas.EventQosStatusChanged, types.EventQosStatusChanged>(),
  EventStatusChanged: agree<typeof schemas.EventStatusChanged, types.EventStatusChanged>(),
  ExtendSessionDuration: agree<typeof schemas.ExtendSessionDuration, types.ExtendSessionDuration>(),
  PortRange: agree<typeof schemas.PortRange, types.PortRange>(),
  PortsSpec: agree<typeof schemas.PortsSpec, types.PortsSpec>(),
  PrivateKeyJWTCredential: agree<typeof schemas.PrivateKeyJWTCredential, types.PrivateKeyJWTCredential>(),
  QosProfile: agree<typeof schemas.QosProfile, types.QosProfile>(),
  QosProfileDeviceRequest: agree<typeof schemas.QosProfileDeviceRequest, types.QosProfileDeviceRequest>(),
  QosProfileStatusEnum: agree<typeof schemas.QosProfileStatusEnum, types.QosProfileStatusEnum>(),
  QosStatus: agree<typeof schemas.QosStatus, types.QosStatus>(),
  Rate: agree<typeof schemas.Rate, types.Rate>(),
  RetrieveAssignmentByDevice: agree<typeof schemas.RetrieveAssignmentByDevice, types.RetrieveAssignmentByDevice>(),
  RetrieveSessionsInput: agree<typeof schemas.RetrieveSessionsInput, types.RetrieveSessionsInput>(),
  SessionInfo: agree<typeof schemas.SessionInfo, types.SessionInfo>(),
  SessionUsage: agree<typeof schemas.SessionUsage, types.SessionUsage>(),
  SinkCredential: agree<typeof schemas.SinkCredential, types.SinkCredential>(),
  StatusInfo: agree<typeof schemas.StatusInfo, types.StatusInfo>(),
}

describe('the published types', () => {
  it.each(GENERATED.map((made) => [made.file, made] as const))(
    'stand in %s as `npm run generate -w @rightofway/camara` writes them',
    (file, made) => {
      expect(readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8')).toBe(made.generate())
    },
  )

  it('import nothing: an application has no schema library', () => {
    expect(text).not.toMatch(/\bimport\b/)
  })

  it('are each compared with the schema of their name, when this file is compiled', () => {
    const published = [...text.matchAll(/^export (?:interface|type) (\w+)/gm)].map(([, name]) => name)
    expect(Object.keys(CHECKED).sort()).toEqual(published.sort())
  })

  it('do not compile with a difference [control]', () => {
    // @ts-expect-error a member that is not in the interface
    const more: Same<{ a: string; b: string }, { a: string }> = true
    // @ts-expect-error a member that is optional in one of them only
    const looser: Same<{ a?: string }, { a: string }> = true
    const same: Same<{ a?: string }, { a?: string }> = true
    // @ts-expect-error the schema of another type
    const other = agree<typeof schemas.Rate, types.Duration>()
    expect([more, looser, same, other]).toEqual([true, true, true, true])
  })
})
