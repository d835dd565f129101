// npm i -D @rightofway/sandbox vitest

import { startSandbox } from '@rightofway/sandbox'
import { describe, expect, it } from 'vitest'
import { endCall, startCall } from './video-call.js'

const CALL = { phoneNumber: '+36721601234567', server: '233.252.0.2:443', seconds: 1800 }

describe('a video call', () => {
  it('is assured while it lasts, and then the network is let go', async () => {
    await using sandbox = await startSandbox()
    const client = sandbox.client()
    expect(await startCall(client, CALL)).toBe('assured')
    expect(await sandbox.network.held()).toHaveLength(1)
    await endCall(client, CALL)
    expect(await client.devices.get({ phoneNumber: CALL.phoneNumber }).sessions()).toEqual([])
  })

  it('goes on without when the network refuses', async () => {
    await using sandbox = await startSandbox()
    await sandbox.network.refuseNext()
    expect(await startCall(sandbox.client(), CALL)).toBe('best effort')
  })

  it('is let go after half an hour even if nobody hangs up', async () => {
    await using sandbox = await startSandbox()
    await startCall(sandbox.client(), CALL)
    await sandbox.advance('30m')
    expect(await sandbox.network.held()).toEqual([])
  })
})
