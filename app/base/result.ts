/** What can fail because of its input: files, messages, pastes. Refusals of the modelled machine are events, not results. */
export type Result<T, E> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E };

export const ok = <T>(value: T): Result<T, never> => ({ ok: true, value });
export const err = <E>(error: E): Result<never, E> => ({ ok: false, error });

/** What is wrong with an input, where, and how to mend it. Lines and columns count from 1; 0 is "the whole file". */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** `FILE:LINE:COLUMN: what is wrong, and the mend`, as the command line prints it. */
export const printProblem = (p: Problem): string =>
  `${p.file}:${Math.max(1, p.line)}:${Math.max(1, p.column)}: ${p.message}`;
