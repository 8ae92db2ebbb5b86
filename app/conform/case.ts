/** One checked statement about the engine, and what came of it. Keys as the command line's JSON has them. */
export interface CaseResult {
  readonly id: string;
  readonly ok: boolean;
  /** Of recordings: events (or pairs) that agreed, of how many. */
  readonly matched?: number;
  readonly of?: number;
  /** The first place where it did not come as it should. */
  readonly first?: { readonly at: number | string; readonly expected: unknown; readonly actual: unknown };
}

/** A case that runs when it is asked for. */
export interface Case {
  readonly id: string;
  readonly run: () => CaseResult;
}

/** Thrown by `expectEqual` inside a case; never leaves `runCase`. */
class Unmet extends Error {
  constructor(
    readonly at: string,
    readonly expected: unknown,
    readonly actual: unknown,
  ) {
    super(at);
  }
}

/** Ends the case where the two differ as JSON. `at` says what was looked at. */
export function expectEqual(at: string, actual: unknown, expected: unknown): void {
  if (JSON.stringify(actual) !== JSON.stringify(expected)) throw new Unmet(at, expected, actual);
}

/** A case from a body that looks with `expectEqual`. */
export function caseOf(id: string, body: () => void): Case {
  return {
    id,
    run: () => {
      try {
        body();
        return { id, ok: true };
      } catch (error) {
        if (!(error instanceof Unmet)) throw error;
        return { id, ok: false, first: { at: error.at, expected: error.expected, actual: error.actual } };
      }
    },
  };
}
