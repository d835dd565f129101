import { createContext, useContext } from 'react'
import type { Me, Role } from '../api/types.js'

export const MeContext = createContext<Me | undefined>(undefined)

/** Who is signed in. */
export function useMe(): Me {
  const me = useContext(MeContext)
  if (me === undefined) throw new Error('nobody is signed in here')
  return me
}

const ROLES: readonly Role[] = ['viewer', 'operator', 'admin']

/** Whether who is signed in may do what that role may. The gateway decides; this only spares them the question. */
export const useMay = (role: Role): boolean => ROLES.indexOf(useMe().user.role) >= ROLES.indexOf(role)
