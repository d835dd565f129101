// What cannot even be read as a request. Node tells of it on the bare socket, and so the answer is written there.

import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { type ErrorInfo, QodError } from '@rightofway/camara'

interface ClientError extends Error {
  readonly code?: string
}

function toQodError({ code }: ClientError): QodError {
  if (code === 'HPE_HEADER_OVERFLOW') return new QodError('REQUEST_HEADER_FIELDS_TOO_LARGE')
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new QodError('REQUEST_TIMEOUT')
  return new QodError('INVALID_ARGUMENT', 'This is not an HTTP/1.1 request')
}

/** Answers on a connection that said something unreadable, and ends it. */
export function answerClientError(error: ClientError, socket: Socket): void {
  // Nobody listens any more.
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const { status, code, message } = toQodError(error)
  const body = JSON.stringify({ status, code, message } satisfies ErrorInfo)
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n` +
      `Content-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}
