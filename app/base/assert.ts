/** Narrows: throws with `why` where the condition does not hold. A throw is a fault of ours, never of the modelled machine. */
export function assert(condition: unknown, why: string): asserts condition {
  if (!condition) throw new Error(why);
}

/** Returns the value, which is known to be there; `why` is the reason that we know. */
export function ensure<T>(value: T | null | undefined, why: string): T {
  if (value === null || value === undefined) throw new Error(why);
  return value;
}
