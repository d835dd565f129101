// A certificate authority for tests.

import { type CertificateAuthority, createAuthority as createAuthorityAt } from '../sandbox/certificates.js'

export type { Certificate, CertificateAuthority } from '../sandbox/certificates.js'

/** Makes an authority that nobody knows yet. */
export const createAuthority = (commonName = 'Right of Way test authority'): CertificateAuthority =>
  createAuthorityAt(commonName, Date.now())
