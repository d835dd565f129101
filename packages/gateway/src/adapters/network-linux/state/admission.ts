// Admission control of a link. Guarantees add up to no more than its capacity less the reserved share of the default
// class, so that all of them can be met at once.

import type { Egress } from '../plan/egress.js'

export class Admission {
  readonly #room = new Map<string, { readonly guaranteeableBps: number; guaranteedBps: number }>()

  constructor(links: readonly Egress[]) {
    for (const { interface: name, capacityBps, reservedBps } of links) {
      this.#room.set(name, { guaranteeableBps: capacityBps - reservedBps, guaranteedBps: 0 })
    }
  }

  /** Why a link cannot guarantee this much more; undefined if it can. */
  objection(link: string, bps: number): string | undefined {
    const room = this.#room.get(link)
    if (room === undefined) return `${link} is not an interface of this network`
    const left = room.guaranteeableBps - room.guaranteedBps
    return bps <= left || bps === 0
      ? undefined
      : `${link} can guarantee ${left} bit/s more, but ${bps} bit/s were requested`
  }

  add(link: string, bps: number): void {
    const room = this.#room.get(link)
    if (room !== undefined) room.guaranteedBps += bps
  }

  remove(link: string, bps: number): void {
    this.add(link, -bps)
  }

  /** The guaranteed rate of a link in bits per second, and its limit. */
  of(link: string): { readonly guaranteedBps: number; readonly guaranteeableBps: number } {
    return this.#room.get(link) ?? { guaranteedBps: 0, guaranteeableBps: 0 }
  }
}
