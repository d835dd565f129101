/**
 * What `console.log` prints of the instances of a class, in Node, Bun and Deno: what is given here, and so never a key,
 * a client or personal data. `JSON.stringify` gives the same.
 */
export declare function showAs<T>(type: {
    name: string;
    prototype: T;
}, label: string, view: (self: T) => unknown): void;
