// Only as much of addresses as a caller can get wrong by putting one in the wrong place: the endpoint judges the rest.

/** A dotted quad. */
export const isIpv4 = (text: unknown): text is string =>
  typeof text === 'string' && /^((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(?!$)|$)){4}$/.test(text)

/** RFC 4291 text. The URL parser that every runtime has knows it exactly. */
export function isIpv6(text: unknown): text is string {
  if (typeof text !== 'string' || !/^[0-9a-f:.]+$/i.test(text)) return false
  try {
    return new URL(`http://[${text}]`).hostname !== ''
  } catch {
    return false
  }
}

/** An address of one family, or a prefix of it as address/length. */
export function isPrefix(text: unknown, family: 'ipv4' | 'ipv6'): text is string {
  const [, address, length = '0'] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(String(text)) ?? []
  return family === 'ipv4' ? isIpv4(address) && Number(length) <= 32 : isIpv6(address) && Number(length) <= 128
}
