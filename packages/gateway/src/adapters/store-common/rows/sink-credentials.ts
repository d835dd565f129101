import type { ApplicationId, Instant } from '@rightofway/camara'
import type { Ciphertext } from '../../../ports/store/secrets.js'
import type { SigningSecret } from '../../../ports/store/sink-credentials.js'

export interface SecretRow {
  application: ApplicationId
  id: string
  secret: Ciphertext
  created_at: Instant
}

export const toSecret = ({ created_at: createdAt, ...rest }: SecretRow): SigningSecret => ({ ...rest, createdAt })
