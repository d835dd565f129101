/// <reference lib="esnext.disposable" preserve="true" />

/**
 * A whole gateway in the process of your tests.
 * @module @rightofway/sandbox
 */

export { type Inbox, openInbox } from './inbox.js'
export type { NetworkStatus, SandboxNetwork } from './network.js'
export {
  type Sandbox,
  type SandboxAddress,
  type SandboxDevice,
  type SandboxOAuthClient,
  type SandboxOptions,
  type SandboxSigningClient,
  startSandbox,
} from './sandbox.js'
