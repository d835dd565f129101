import { QodError } from '@rightofway/camara'
import ipaddr from 'ipaddr.js'
import type { SinkPolicy } from '../usecases/deps.js'
import type { AddressGuard } from './address-guard.js'

export interface SinkPolicyOptions {
  readonly guard: AddressGuard
  /** A sandbox may deliver to plain http on this machine. */
  readonly sandbox: boolean
}

/** What can be said of a sink before anything is sent to it. Names are resolved, and checked again, at every delivery. */
export function sinkPolicy({ guard, sandbox }: SinkPolicyOptions): SinkPolicy {
  return {
    check(text) {
      if (!URL.canParse(text)) throw new QodError('INVALID_SINK', 'sink must be a URL')
      const url = new URL(text)
      const hostname = url.hostname.replace(/^\[|\]$/g, '')
      const loopback = isLoopback(hostname)
      if (url.protocol !== 'https:' && !(sandbox && url.protocol === 'http:' && loopback)) {
        throw new QodError('INVALID_SINK', 'sink must be an https URL')
      }
      if (url.username !== '' || url.password !== '') {
        throw new QodError('INVALID_SINK', 'sink must not carry a user or a password: use sinkCredential')
      }
      if (ipaddr.isValid(hostname) && !guard.allows(hostname)) {
        throw new QodError(
          'INVALID_SINK',
          'sink must have a public address; an operator can open others with the setting sinks.allow',
        )
      }
      return url.host
    },
  }
}

const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || (ipaddr.isValid(hostname) && ipaddr.process(hostname).range() === 'loopback')
