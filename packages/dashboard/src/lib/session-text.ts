import type { AdminSession } from '../api/types.js'

/** What a device is called where it was asked for; else by its directory. */
export function deviceText({ asked, device }: Pick<AdminSession, 'asked' | 'device'>): string {
  if (asked === undefined) return device
  const { ipv4Address } = asked
  return (
    asked.phoneNumber ??
    asked.networkAccessIdentifier ??
    asked.ipv6Address ??
    (ipv4Address && [ipv4Address.publicAddress, ipv4Address.publicPort].filter(Boolean).join(':')) ??
    device
  )
}

/** What a search looks through: made once for every session. */
const haystacks = new WeakMap<AdminSession, string>()

export function haystack(session: AdminSession): string {
  let text = haystacks.get(session)
  if (text === undefined) {
    const { sessionId, device, server, qosProfile, application, network } = session
    text = [sessionId, deviceText(session), device, ...server, qosProfile, application, network].join(' ').toLowerCase()
    haystacks.set(session, text)
  }
  return text
}
