import { lstatSync } from 'node:fs'

/** Maximum length of a unix socket's path, in bytes. */
const MAX_SOCKET_PATH = 107

/**
 * Checks the path of the admin socket.
 * @throws {Error} it is too long, or a file has it
 */
export function checkSocketPath(path: string): void {
  const bytes = Buffer.byteLength(path)
  if (bytes > MAX_SOCKET_PATH) {
    throw new Error(
      `the admin socket ${path} cannot be created: its path has ${bytes} bytes, but at most ${MAX_SOCKET_PATH} ` +
        'are allowed. Set admin.socket to a shorter path.',
    )
  }
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() === false) {
    throw new Error(
      `the admin socket ${path} cannot be created: there is a file or folder that is not a socket. Nothing was ` +
        'changed. Set admin.socket to another path.',
    )
  }
}
