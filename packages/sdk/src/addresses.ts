// Checks addresses only as far as needed to notice one in the wrong place. The endpoint checks the rest.

/** A dotted quad. */
export const isIpv4 = (text: unknown): text is string =>
  typeof text === 'string' && /^((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(?!$)|$)){4}$/.test(text)

/** The text form of RFC 4291. Every runtime has a URL parser that checks it exactly. */
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
