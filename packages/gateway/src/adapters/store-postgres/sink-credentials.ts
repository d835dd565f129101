import type { ApplicationId } from '@rightofway/camara'
import {
  MAX_SIGNING_SECRETS,
  type SigningSecret,
  type SinkCredentialStore,
  type TokenClient,
} from '../../ports/store/sink-credentials.js'
import { parsed } from '../store-common/damaged-row.js'
import { type SecretRow, toSecret } from '../store-common/rows/sink-credentials.js'
import type { ChangesHeard } from './changes-heard.js'
import type { Database } from './database.js'
import { sql } from './sql.js'

const SQL = {
  tokenClient: sql('sink-credentials/token-client'),
  deleteTokenClient: sql('sink-credentials/delete-token-client'),
  putTokenClient: sql('sink-credentials/put-token-client'),
  signingSecrets: sql('sink-credentials/signing-secrets'),
  addSigningSecret: sql('sink-credentials/add-signing-secret'),
  deleteSigningSecret: sql('sink-credentials/delete-signing-secret'),
}

export class PostgresSinkCredentials implements SinkCredentialStore {
  readonly #database: Database
  readonly changes: ChangesHeard

  constructor(database: Database, changes: ChangesHeard) {
    this.#database = database
    this.changes = changes
  }

  async tokenClient(application: ApplicationId): Promise<TokenClient | undefined> {
    const [row] = await this.#database.read<{ body: string }>({
      name: 'token-client',
      text: SQL.tokenClient,
      values: [application],
    })
    return row && parsed<TokenClient>(row.body, 'token_clients', application)
  }

  async setTokenClient(application: ApplicationId, client: TokenClient | undefined): Promise<void> {
    if (client === undefined) {
      await this.#write(SQL.deleteTokenClient, [application])
    } else {
      await this.#write(SQL.putTokenClient, [application, JSON.stringify(client)])
    }
  }

  async signingSecrets(application: ApplicationId): Promise<readonly SigningSecret[]> {
    const rows = await this.#database.read<SecretRow>({
      name: 'signing-secrets',
      text: SQL.signingSecrets,
      values: [application, MAX_SIGNING_SECRETS],
    })
    return rows.map(toSecret)
  }

  async addSigningSecret({ application, id, secret, createdAt }: SigningSecret): Promise<boolean> {
    const values = [application, id, secret, createdAt, MAX_SIGNING_SECRETS]
    return (await this.#write(SQL.addSigningSecret, values)).length > 0
  }

  async deleteSigningSecret(application: ApplicationId, id: string): Promise<boolean> {
    const text = SQL.deleteSigningSecret
    return (await this.#write(text, [application, id])).length > 0
  }

  watch(listener: () => void): () => void {
    return this.changes.watch(listener)
  }

  async #write(text: string, values: readonly unknown[]): Promise<object[]> {
    const rows = await this.#database.query({ text, values })
    this.changes.tell()
    return rows
  }
}
