import { NetworkUnreachable } from '../../ports/network.js'

/** Unreachable, and nothing was received for certain: no connection could be made. */
export class NotSent extends NetworkUnreachable {}
