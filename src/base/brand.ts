// Branded strings: texts that look alike (ids of promises, of leases) but must not be mixed up.

declare const brand: unique symbol;

/** A `T` that only the functions which make it can produce. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
