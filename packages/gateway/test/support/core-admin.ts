/**
 * Calls the admin API of a core simulator.
 * @throws {Error} it refuses
 */
export type CoreAdmin = <T = unknown>(method: string, path: string, body?: object) => Promise<T>

/** @param url of the core */
export const coreAdmin =
  (url: string): CoreAdmin =>
  async <T>(method: string, path: string, body?: object): Promise<T> => {
    const response = await fetch(`${url}/admin/v1${path}`, {
      method,
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status} ${text}`)
    return (text === '' ? undefined : JSON.parse(text)) as T
  }
