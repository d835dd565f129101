import { describe, expect, it } from 'vitest'
import { farEndsBelow, type LinkFacts, objectionTo, type RouteTo } from './link-stack.js'

const link = (ifname: string, more: Partial<LinkFacts> = {}): LinkFacts => ({ ifname, flags: ['UP'], ...more })
const kind = (info_kind: string, info_data: object = {}): Pick<LinkFacts, 'linkinfo'> => ({
  linkinfo: { info_kind, info_data },
})

const nowhere: RouteTo = () => undefined

describe('an interface', () => {
  const pair = [link('lan0', { link: 'wan0', ...kind('veth') }), link('wan0', { link: 'lan0', ...kind('veth') })]

  it('can be used with another one, also if the two are a veth pair', () => {
    expect(objectionTo('lan0', pair, ['lan0', 'wan0'], nowhere)).toBeUndefined()
  })

  it('can be used if its lower link is in another namespace, under any name', () => {
    const inside = link('lan0', { link: 'wan0', link_netnsid: 0, ...kind('macvlan') })
    expect(objectionTo('lan0', [inside, link('wan0')], ['lan0', 'wan0'], nowhere)).toBeUndefined()
  })

  it('can be used beside another one on the same interface', () => {
    const all = [link('eth0'), ...['a', 'b'].map((name) => link(name, { link: 'eth0', ...kind('vlan') }))]
    for (const name of ['a', 'b']) expect(objectionTo(name, all, ['a', 'b'], nowhere)).toBeUndefined()
  })

  it('is not found by part of its name', () => {
    expect(objectionTo('eth0', [link('eth0.5', { master: 'br0' })], ['eth0'], nowhere)).toBeUndefined()
  })

  it('cannot be used on top of another one, at any depth', () => {
    const all = [
      link('br0', kind('bridge')),
      link('bond0', { master: 'br0', ...kind('bond') }),
      link('eth0', { master: 'bond0' }),
      link('wan0', { link: 'eth0', ...kind('vlan') }),
    ]
    expect(objectionTo('br0', all, ['br0', 'wan0'], nowhere)).toBeUndefined()
    expect(objectionTo('wan0', all, ['eth0', 'wan0'], nowhere)).toMatch(/^wan0 sends through eth0, and both are/)
    expect(objectionTo('br0', all, ['br0', 'eth0'], nowhere)).toMatch(/^br0 sends through eth0/)
  })

  it('cannot be used if it is a tunnel that is routed through another one, or through one on top of that', () => {
    const all = [
      link('gre1', { link: null, ...kind('gre', { remote: '192.0.2.1' }) }),
      link('gre0', { link: null, ...kind('gre', { remote: 'any' }) }),
      link('vx0', kind('vxlan', { remote6: '2001:db8::1' })),
      link('wan0.5', { link: 'wan0', ...kind('vlan') }),
      link('wan0'),
    ]
    const routes = new Map([
      ['192.0.2.1', 'wan0.5'],
      ['2001:db8::1', 'wan0'],
    ])
    const objection = (name: string) => objectionTo(name, all, [name, 'wan0'], (address) => routes.get(address))
    expect(objection('gre1')).toMatch(/^gre1 sends through wan0/)
    expect(objection('vx0')).toMatch(/^vx0 sends through wan0/)
    expect(objection('gre0')).toBeUndefined()
    expect(farEndsBelow(['gre1', 'vx0', 'wan0'], all)).toEqual(['192.0.2.1', '2001:db8::1'])
    expect(farEndsBelow(['wan0'], all)).toEqual([])
  })

  it('cannot be used as a VLAN that maps priorities, and can if it maps all to the lowest', () => {
    const vlan = (to: number) => [link('up0', { link: 'eth0', ...kind('vlan', { egress_qos: [{ from: 6, to }] }) })]
    expect(objectionTo('up0', vlan(5), ['up0'], nowhere)).toMatch(/egress-qos-map 6:0"/)
    expect(objectionTo('up0', vlan(0), ['up0'], nowhere)).toBeUndefined()
  })

  it('is refused with the name of the master that packets leave by, of any kind', () => {
    const ofMaster = (info_kind: string) =>
      objectionTo('eth0', [link('eth0', { master: 'm0' }), link('m0', kind(info_kind))], ['eth0'], nowhere)
    expect(ofMaster('openvswitch')).toBe(
      'eth0 is a port of the openvswitch m0, and packets leave through m0: configure m0',
    )
    expect(ofMaster('vrf')).toMatch(/^eth0 belongs to the VRF m0/)
  })
})
