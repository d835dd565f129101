/** What someone may do: look; act; act, and say who else may. Each may do what those before it may. */
export const ROLES = ['viewer', 'operator', 'admin'] as const
export type Role = (typeof ROLES)[number]

export type UserId = string & { readonly userId: true }
