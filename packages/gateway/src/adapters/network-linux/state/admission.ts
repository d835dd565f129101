// Whether a link can carry what is asked for. Guarantees add up to no more than its capacity less what is kept for
// the default class: what was promised can be kept by all at once.

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

  /** Bits per second that are guaranteed on a link now, and how many can be. */
  of(link: string): { readonly guaranteedBps: number; readonly guaranteeableBps: number } {
    return this.#room.get(link) ?? { guaranteedBps: 0, guaranteeableBps: 0 }
  }
}
