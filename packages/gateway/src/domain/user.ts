/** Roles: read; change; manage users. Each includes the ones before it. */
export const ROLES = ['viewer', 'operator', 'admin'] as const
export type Role = (typeof ROLES)[number]

export type UserId = string & { readonly userId: true }
