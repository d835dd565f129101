import { type DeviceIpv4Address, QodError } from '@rightofway/camara'
import { type Identifier, identifiersOf } from '../../domain/device.js'

/** CAMARA Security and Interoperability Profile, "Login hint": the subscriber of a token. */
const TEL = /^tel:(\+[1-9][0-9]{4,14})$/
const IPPORT_V4 = /^ipport:([0-9.]+)(?::([1-9][0-9]{0,4}))?$/
const IPPORT_V6 = /^ipport:\[([0-9A-Fa-f:.]+)\](?::[1-9][0-9]{0,4})?$/

const identifierOfIpv4 = (ipv4Address: DeviceIpv4Address): Identifier | undefined =>
  identifiersOf({ ipv4Address })[0]?.identifier

/** The identifier in a login hint; undefined if it has none of the forms `tel:` and `ipport:`. */
export function identifierIn(hint: string): Identifier | undefined {
  const [, phoneNumber] = TEL.exec(hint) ?? []
  if (phoneNumber !== undefined) return { kind: 'phoneNumber', phoneNumber }
  try {
    const [, ipv6Address] = IPPORT_V6.exec(hint) ?? []
    if (ipv6Address !== undefined) return identifiersOf({ ipv6Address })[0]?.identifier
    const [, publicAddress, port] = IPPORT_V4.exec(hint) ?? []
    if (publicAddress === undefined) return undefined
    // Without a port: an address without NAT.
    if (port === undefined) return identifierOfIpv4({ publicAddress, privateAddress: publicAddress })
    return Number(port) > 65_535 ? undefined : identifierOfIpv4({ publicAddress, publicPort: Number(port) })
  } catch (error) {
    if (error instanceof QodError) return undefined
    throw error
  }
}
