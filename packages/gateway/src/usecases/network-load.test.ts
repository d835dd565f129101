import { describe, expect, it } from 'vitest'
import { NetworkUnreachable } from '../ports/network.js'
import { networkLoad } from './network-load.js'

describe('what sessions use of a network', () => {
  it('is what the network has measured', async () => {
    const load = { downlinkBps: 12_000_000, uplinkBps: 3_000_000 }
    expect(await networkLoad({ load: async () => load })).toEqual(load)
  })

  it('is unknown if the network does not measure it, or cannot be read now', async () => {
    expect(await networkLoad({})).toBeUndefined()
    const unreachable = () => Promise.reject(new NetworkUnreachable('tc: no answer'))
    expect(await networkLoad({ load: unreachable })).toBeUndefined()
  })

  it('does not hide a fault of the gateway', async () => {
    const faulty = () => Promise.reject(new TypeError('of ours'))
    await expect(networkLoad({ load: faulty })).rejects.toThrow('of ours')
  })
})
