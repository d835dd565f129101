/** Flags of a gateway that is to take all that it can. */
export const UNLIMITED = ['--limits-requests-per-second', '1000000']
