// A store with something planted in it: a failure, or what happens just then.

import type { Store } from '../../src/ports/store/store.js'

type Method = (...args: never[]) => unknown
type MethodOf<T> = { [K in keyof T]: T[K] extends Method ? K : never }[keyof T]
type Part = 'sessions' | 'work' | 'events' | 'sinkCredentials'

/**
 * The store with another method in the place of one.
 * @param instead makes it of the original
 */
export function planted<P extends Part, N extends MethodOf<Store[P]>>(
  store: Store,
  part: P,
  name: N,
  instead: (original: Store[P][N]) => Store[P][N],
): Store {
  const wrapped = new Proxy<Store[P]>(store[part], {
    get(target, property) {
      const value: unknown = Reflect.get(target, property)
      const bound: unknown = typeof value === 'function' ? (value.bind(target) as unknown) : value
      return property === name ? instead(bound as Store[P][N]) : bound
    },
  })
  return { ...store, [part]: wrapped }
}

/** As {@link planted}, in the place of the first call alone; `calls` counts them all. */
export function plantedOnce<P extends Part, N extends MethodOf<Store[P]>>(
  store: Store,
  part: P,
  name: N,
  once: Store[P][N],
): { store: Store; calls: () => number } {
  let calls = 0
  const instead = (original: Store[P][N]): Store[P][N] =>
    ((...args: never[]) => ((++calls === 1 ? once : original) as Method)(...args) as never) as Store[P][N]
  return { store: planted(store, part, name, instead), calls: () => calls }
}
