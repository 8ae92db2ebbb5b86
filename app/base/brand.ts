declare const brand: unique symbol;

/** A `T` that cannot be mixed up with another `T`: page numbers with frame numbers, device ids with space ids. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
