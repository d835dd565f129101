import type { ApplicationId, Instant } from '@rightofway/camara'
import type { Ciphertext, SigningSecret } from '../../../ports/store.js'

export interface SecretRow {
  application: ApplicationId
  id: string
  secret: Ciphertext
  created_at: Instant
}

export const toSecret = ({ created_at: createdAt, ...rest }: SecretRow): SigningSecret => ({ ...rest, createdAt })
