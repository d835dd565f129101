type Inspect = (value: unknown, options?: unknown) => string

/**
 * Sets what `console.log` prints for the instances of a class, in Node, Bun and Deno: only the members given here, so
 * that keys, clients and personal data are not printed. `JSON.stringify` gives the same.
 */
export function showAs<T>(type: { name: string; prototype: T }, label: string, view: (self: T) => unknown): void {
  const define = (name: string | symbol, value: unknown) =>
    Object.defineProperty(type.prototype, name, { value, configurable: true, writable: true })
  define('toJSON', function (this: T) {
    return view(this)
  })
  define(
    Symbol.for('nodejs.util.inspect.custom'),
    function (this: T, _depth: number, options: unknown, inspect: Inspect) {
      return `${label} ${inspect(view(this), options)}`
    },
  )
  define(Symbol.for('Deno.customInspect'), function (this: T, inspect: Inspect, options: unknown) {
    return `${label} ${inspect(view(this), options)}`
  })
}
