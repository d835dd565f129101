import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { answerClientError } from './client-errors.js'

/** The bytes that the client reads after `answer` was called with the server's socket. */
async function readAfter(answer: (socket: Socket) => void): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  try {
    return await text(socket)
  } finally {
    server.close()
  }
}

const failing = (code: string) => (socket: Socket) =>
  answerClientError(Object.assign(new Error('as told by Node'), { code }), socket)

describe('an error on a bare connection', () => {
  it('is 408 where the request did not come in time [RFC 9110 section 15.5.9]', async () => {
    const answer = await readAfter(failing('ERR_HTTP_REQUEST_TIMEOUT'))
    expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\nConnection: close\r\n/)
    expect(JSON.parse(answer.slice(answer.indexOf('{')))).toEqual({
      status: 408,
      code: 'REQUEST_TIMEOUT',
      message: 'The request did not arrive in time.',
    })
  })

  it('is not answered on a closed connection', async () => {
    expect(await readAfter(failing('ECONNRESET'))).toBe('')
  })
})
