/** `fq_codel` keeps the delay low by itself; `bfifo` is a queue of bounded length, where the kernel lacks fq_codel. */
export type LeafKind = 'fq_codel' | 'bfifo'

/** An interface and the direction that it sends in. */
export interface Egress {
  readonly interface: string
  /** Of its tree, hexadecimal; no other interface has the same. */
  readonly handle: string
  /** What it can carry, in bits per second. */
  readonly capacityBps: number
  /** Of that, the rate of the default class. */
  readonly reservedBps: number
  /** Which kind of leaf its classes have. */
  readonly leaf: LeafKind
  /** Bytes; of the link. An administrator may change it at any time. */
  mtu: number
  /** Bytes of the largest packet that segmentation offload makes for the link; may change likewise. */
  gsoMaxSize: number
}
