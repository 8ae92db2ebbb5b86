/** Exit codes of every command, and the one way to end with a message. */
import { printProblem, type Problem } from '../../app/base/result.ts';

export const exitCode = { done: 0, assertedFalse: 1, badInput: 2, ourFault: 70 } as const;

/** The input is wrong or cannot be read: messages on standard error, exit code 2. */
export class BadInput extends Error {
  constructor(readonly problems: readonly Problem[]) {
    super(problems.map(printProblem).join('\n'));
  }
}

export const badInput = (file: string, message: string): BadInput =>
  new BadInput([{ file, line: 0, column: 0, message }]);

export const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** Facts go to standard output: JSON alone, or text for people. Waits until all is written. */
export const print = (text: string): Promise<void> =>
  new Promise((done) => process.stdout.write(text.endsWith('\n') ? text : `${text}\n`, () => done()));
export const printJson = (value: unknown): Promise<void> => print(JSON.stringify(value, null, 2));
