import { expect, it } from 'vitest'
import { describeWith } from '../test/parts.js'
import { powerCut } from './power-cut.js'

describeWith(['root', 'loop'], 'a power cut under load', () => {
  it('loses no session that was answered before the cut', async () => {
    const { answered, lost } = await powerCut({ durable: true, sessions: 500, clients: 16 })
    expect(answered).toBe(500)
    expect(lost).toBe(0)
  })

  it('loses some if answers do not wait for the disk [control]', async () => {
    const { lost } = await powerCut({ durable: false, sessions: 500, clients: 16 })
    expect(lost).toBeGreaterThan(0)
  })
})
