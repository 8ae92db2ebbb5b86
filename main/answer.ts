/** Carries out one request of a window: parsed, answered, and never thrown across the border. */
import type { Session } from '../app/session/session.ts';
import { argumentSchemas, isRequestName } from './request-schema.ts';

export type Answer = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly fault: string };

export async function answer(session: Session, name: unknown, args: unknown): Promise<Answer> {
  if (!isRequestName(name)) return { ok: false, fault: 'there is no such request' };
  const parsed = argumentSchemas[name].safeParse(args);
  if (!parsed.success)
    return {
      ok: false,
      fault: `${name}: ${parsed.error.issues
        .map((issue) => `${issue.path.join('.')} ${issue.message}`)
        .join('; ')
        .slice(0, 500)}`,
    };
  try {
    const handler = session[name] as (...given: readonly unknown[]) => unknown;
    return { ok: true, value: await handler.apply(session, [...parsed.data]) };
  } catch (error) {
    process.stderr.write(
      `a fault of ours in ${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    return { ok: false, fault: 'a fault of ours: the details are on standard error of the app' };
  }
}
