// Secrets at rest.

/** A secret at rest: it names the key that opens it. */
export type Ciphertext = string & { readonly ciphertext: true }
