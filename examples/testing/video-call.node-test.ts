// npm i -D @rightofway/sandbox tsx, and then: node --import tsx --test

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Sandbox, startSandbox } from '@rightofway/sandbox'
import { endCall, startCall } from './video-call.js'

const CALL = { phoneNumber: '+36721601234567', server: '233.252.0.2:443', seconds: 1800 }

describe('a video call', () => {
  let sandbox: Sandbox
  before(async () => {
    sandbox = await startSandbox()
  })
  after(() => sandbox.close())

  it('is assured, and told of', async () => {
    assert.equal(await startCall(sandbox.client(), CALL), 'assured')
    await endCall(sandbox.client(), CALL)
  })

  it('goes on without when the network refuses', async () => {
    await sandbox.network.refuseNext()
    assert.equal(await startCall(sandbox.client(), CALL), 'best effort')
  })
})
