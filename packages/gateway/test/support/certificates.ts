// A certificate authority for tests.

import { type CertificateAuthority, createAuthority as createAuthorityAt } from '../../src/sandbox/certificates.js'

export type { Certificate, CertificateAuthority } from '../../src/sandbox/certificates.js'

/** Makes an authority that nobody knows yet. */
export const createAuthority = (commonName = 'Right of Way test authority'): CertificateAuthority =>
  createAuthorityAt(commonName, Date.now())
