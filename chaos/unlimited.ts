/** Flags of a gateway without rate limits. */
export const UNLIMITED = ['--limits-requests-per-second', '1000000']
