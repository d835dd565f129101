import { expect, it } from 'vitest'
import { startCore } from './core.fixture.js'

it('discovers the PCF, its address, and another instance of it after each start', async () => {
  const core = await startCore()
  try {
    const discover = (query: string) =>
      core.ask<{ nfInstances: { nfInstanceId: string; nfServices: { ipEndPoints: object[] }[] }[] }>(
        'GET',
        `/nnrf-disc/v1/nf-instances?${query}`,
      )
    const all = 'target-nf-type=PCF&requester-nf-type=AF'
    const [before] = (await discover(all)).body.nfInstances
    const { port } = new URL(core.url)
    expect(before?.nfServices[0]?.ipEndPoints).toEqual([{ ipv4Address: '127.0.0.1', port: Number(port) }])
    await core.ask('POST', '/admin/v1/restart', {})
    const [after] = (await discover(all)).body.nfInstances
    expect(after?.nfInstanceId).not.toBe(before?.nfInstanceId)
    expect((await discover('target-nf-type=SMF&requester-nf-type=AF')).body.nfInstances).toEqual([])
    expect(await discover('target-nf-type=PCF')).toMatchObject({
      status: 400,
      body: { cause: 'MANDATORY_QUERY_PARAM_MISSING' },
    })
  } finally {
    await core.close()
  }
})
