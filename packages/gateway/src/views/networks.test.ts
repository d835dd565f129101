import type { NetworkId } from '@rightofway/camara'
import { describe, expect, it } from 'vitest'
import { FakeNetwork } from '../../test/support/fake-network.js'
import type { Prefix } from '../domain/address.js'
import type { Network } from '../ports/network.js'
import { Networks, type WhereDevice } from './networks.js'

const network = (id: string): Network => Object.assign(new FakeNetwork(), { id: id as NetworkId })

describe('the network of a device', () => {
  const networks = new Networks([
    { network: network('core'), devices: ['10.0.0.0/8' as Prefix] },
    { network: network('hungary'), phoneNumbers: ['+36'] },
    { network: network('partner'), phoneNumbers: ['+3672', '+44'] },
    { network: network('others') },
  ])
  const of = (addresses: WhereDevice['addresses'], phoneNumber?: string) =>
    networks.of({ addresses, ...(phoneNumber !== undefined && { phoneNumber }) }).id

  it('is the one configured for its address, whatever its phone number', () => {
    expect(of({ ipv4: '10.1.2.3/32' as Prefix }, '+36721601234567')).toBe('core')
  })

  it('is otherwise the one with the longest matching phone number prefix', () => {
    expect(of({ ipv4: '192.0.2.1/32' as Prefix }, '+36721601234567')).toBe('partner')
    expect(of({}, '+36301601234567')).toBe('hungary')
    expect(of({}, '+447700900000')).toBe('partner')
  })

  it('is otherwise the one without prefixes', () => {
    expect(of({ ipv4: '192.0.2.1/32' as Prefix }, '+15550001')).toBe('others')
    expect(of({})).toBe('others')
  })
})
