// Where the dashboard and the admin API are, as the browser knows them: the page says where it was served (`<base>`).

/** Path of the dashboard, without a slash at its end. */
export const DASHBOARD = new URL(document.baseURI).pathname.replace(/\/$/, '')

/** Path of the admin API. */
export const ADMIN_API = new URL('../admin/v1', document.baseURI).pathname

/** Path of a file of the dashboard. */
export const fileUrl = (name: string): string => `${DASHBOARD}/${name}`

/** Base URL of the gateway. */
export const GATEWAY = new URL('..', document.baseURI).href.replace(/\/$/, '')
