// The operations between an interface's present tree and its wanted one.

import type { ClassState, LinkState } from '../kernel/read-link.js'
import type { Egress } from './egress.js'
import {
  asWanted,
  type ClassSpec,
  classOperations,
  idleSpec,
  ownClasses,
  plantRoot,
  removeClass,
  removeFilters,
  uproot,
} from './htb.js'
import { DEFAULT_MINOR, ROOT_MINOR } from './names.js'
import type { TcOperation } from './operations.js'
import type { PlacedClass, State } from './plan.js'

export interface TreePlan {
  readonly operations: readonly TcOperation[]
  /** Whether the root, its filters, or one of the classes that every tree has, differed. */
  readonly isRebuilt: boolean
  /** Classes of sessions that were missing, had other attributes, or were unknown. */
  readonly changed: number
  /** Classes that are not wanted now and stay, by minor. */
  readonly kept: ReadonlyMap<number, ClassSpec>
}

/** The classes of sessions on an interface, by minor. */
export const wantedOn = ({ interface: name }: Egress, { classes }: State): ReadonlyMap<number, PlacedClass> =>
  new Map([...classes.values()].filter(({ egress }) => egress.interface === name).map((of) => [of.minor, of]))

/** Whether a class is at a session's place: directly below the root class. */
export const isInPlace = (classes: LinkState['classes'] | undefined, minor: number): boolean =>
  classes?.get(minor)?.parent === ROOT_MINOR

/** @param isKnown whether a class that is not wanted now is kept for a later session */
export function planTree(
  egress: Egress,
  link: LinkState,
  wanted: ReadonlyMap<number, PlacedClass>,
  isKnown: (minor: number) => boolean,
): TreePlan {
  const { interface: name } = egress
  const operations: TcOperation[] = []
  const isRooted = link.isRootIntact
  if (!isRooted) {
    if (link.root === 'ours') operations.push(uproot(name))
    operations.push(plantRoot(egress))
  }
  const filters = isRooted ? link.filters : []
  operations.push(...filters.map((filter) => removeFilters(filter, egress)))
  const own = ownClasses(egress)
  const found = new Map(isRooted ? link.classes : [])
  const gone = misplaced(found, (minor) => own.has(minor) || wanted.has(minor) || isKnown(minor))
  for (const minor of gone) {
    operations.push(removeClass(minor, egress))
    found.delete(minor)
  }
  const change = (minor: number, spec: ClassSpec): TcOperation[] => {
    const there = found.get(minor)?.spec
    return classOperations(minor, spec, egress, there && asWanted(there, spec))
  }
  const ofOwn = [...own].flatMap(([minor, spec]) => change(minor, spec))
  operations.push(...ofOwn)
  let changed = gone.filter((minor) => !wanted.has(minor)).length
  for (const [minor, { spec, of }] of wanted) {
    const changes = change(minor, spec)
    if (changes.length > 0) changed++
    operations.push(...changes.map((operation) => (of === undefined ? operation : { ...operation, of })))
  }
  const idle = idleSpec(egress)
  const kept = [...found].filter(([minor]) => minor > DEFAULT_MINOR && !wanted.has(minor))
  return {
    operations,
    isRebuilt:
      !isRooted ||
      filters.length + ofOwn.length > 0 ||
      egress.mtu !== link.mtu ||
      egress.gsoMaxSize !== link.gsoMaxSize,
    changed,
    kept: new Map(kept.map(([minor, { spec }]) => [minor, asWanted(spec, idle)])),
  }
}

/** Classes to be removed: unknown ones, and those that have another parent than they should. Children first. */
function misplaced(classes: ReadonlyMap<number, ClassState>, belongs: (minor: number) => boolean): number[] {
  const root = classes.get(ROOT_MINOR)
  const isRootInPlace = root === undefined || root.parent === undefined
  const depth = (minor: number): number => {
    const parent = classes.get(minor)?.parent
    return parent === undefined ? 0 : 1 + depth(parent)
  }
  return [...classes.keys()]
    .filter((minor) => {
      if (!isRootInPlace) return true
      return minor !== ROOT_MINOR && !(isInPlace(classes, minor) && belongs(minor))
    })
    .map((minor) => [minor, depth(minor)] as const)
    .sort(([, a], [, b]) => b - a)
    .map(([minor]) => minor)
}
