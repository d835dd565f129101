import { QodApiError, QodConnectionError, type SessionUsage } from '@rightofway/sdk'
import { describe, expect, it } from 'vitest'
import { startWorld } from '../../world.fixture.js'
import { rateText, SessionMeter, usageText } from './meter.js'

const direction = (bitsPerSecond: number, guaranteedBitsPerSecond: number, maximumBitsPerSecond?: number) => ({
  bytes: 1,
  packets: 1,
  dropped: 0,
  bitsPerSecond,
  guaranteedBitsPerSecond,
  ...(maximumBitsPerSecond !== undefined && { maximumBitsPerSecond }),
})
const usage = (bps: number): SessionUsage => ({
  sessionId: 'x',
  downlink: direction(bps, 5e6, 2e7),
  uplink: direction(0, 0),
})

describe('the meter of a session', () => {
  it.each([
    [0, '0 kbit/s'],
    [999_999, '1000 kbit/s'],
    [3_247_000, '3.25 Mbit/s'],
    [10_000_000_000, '10 Gbit/s'],
  ])('says %i bit/s as people do', (bps, text) => {
    expect(rateText(bps)).toBe(text)
  })

  it('shows the rate with its guarantee and its maximum, if there are any', () => {
    expect(usageText(usage(3_200_000))).toBe('↓ 3.2 Mbit/s (5 Mbit/s guaranteed, 20 Mbit/s at most)  ↑ 0 kbit/s')
  })

  it('continues after a failure, and stops if the network does not measure traffic', async () => {
    const answers = [
      () => Promise.resolve(usage(1e6)),
      () => Promise.reject(new QodConnectionError('away', 'CONNECT_FAILED', 'none')),
      () => Promise.resolve(usage(2e6)),
    ]
    let asked = 0
    const meter = new SessionMeter({ usage: () => answers[asked++]?.() ?? Promise.reject(new Error('too often')) })
    await meter.read()
    expect(meter.text).toContain('↓ 1 Mbit/s')
    await meter.read()
    expect(meter.text).toBe('')
    await meter.read()
    expect(meter.text).toContain('↓ 2 Mbit/s')
    expect(asked).toBe(3)
  })

  it('shows nothing for a session on a network that does not measure traffic [getSessionUsage]', async () => {
    const { client } = await startWorld()
    const session = await client.devices
      .get({ phoneNumber: '+36721601234567' })
      .createQodSession({ profile: 'QOS_L', serviceIpv4: '233.252.0.2', duration: 60 })
    await expect(session.usage()).rejects.toBeInstanceOf(QodApiError)
    const meter = new SessionMeter(session)
    await meter.read()
    expect(meter.text).toBe('')
  })
})
