/** `fq_codel` keeps the delay low by itself; `bfifo` is a queue of bounded length, for kernels without fq_codel. */
export type LeafKind = 'fq_codel' | 'bfifo'

/** An interface and the direction in which it sends. */
export interface Egress {
  readonly interface: string
  /** Handle of its tree, hexadecimal; unique among interfaces. */
  readonly handle: string
  /** Its capacity in bits per second. */
  readonly capacityBps: number
  /** The part of it that is the rate of the default class. */
  readonly reservedBps: number
  /** The kind of leaf of its classes. */
  readonly leaf: LeafKind
  /** MTU of the link in bytes. An administrator may change it at any time. */
  mtu: number
  /** Bytes of the largest packet that segmentation offload makes for the link; may also change. */
  gsoMaxSize: number
}
