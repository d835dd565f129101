import { chmodSync } from 'node:fs'
import { expect, it } from 'vitest'
import { withDataDir, withGateway } from '../../test/support/gateway.js'

it('warns of a data folder that other users can open, and of no other', async () => {
  await withDataDir(async (dataDir) => {
    const warnings = async (mode: number) => {
      chmodSync(dataDir, mode)
      const logs: string[] = []
      await withGateway(async () => undefined, { dataDir, logs })
      return logs.filter((line) => line.includes('can be opened by other users'))
    }
    expect(await warnings(0o700)).toEqual([])
    expect(await warnings(0o755)).toEqual([expect.stringContaining(`"advice":"chmod 700 ${dataDir}"`)])
  })
})
