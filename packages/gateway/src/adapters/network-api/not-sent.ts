import { NetworkUnreachable } from '../../ports/network.js'

/** Unreachable, and so certainly that nothing was heard: no connection could be made. */
export class NotSent extends NetworkUnreachable {}
