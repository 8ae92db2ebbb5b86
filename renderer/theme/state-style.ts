import { legend } from '../../app/model/legend.ts';
import { stateStyle, type ThemeName } from '../../app/draw/state-style.ts';

const rows: ReadonlyMap<string, (typeof legend)[number]> = new Map(legend.map((row) => [row.id, row]));

/** The legend's row of a state that a frame names, or null: a state that this version does not know is shown as unknown. */
export const legendRow = (state: string | null): (typeof legend)[number] | null =>
  state === null ? null : (rows.get(state) ?? null);

/** CSS variable that holds the fill of a state in the current theme: also "refusal" and "neutral", as event rows name them. */
export const stateVariable = (state: string): string =>
  rows.has(state) ? `var(--state-${state})` : state === 'refusal' ? 'var(--refusal)' : 'var(--neutral-mark)';

/** CSS variable of the line around that fill. */
export const edgeVariable = (state: string): string =>
  rows.has(state) ? `var(--edge-${state})` : stateVariable(state);

/** The custom properties of all states in one theme, by name. */
export function stateProperties(theme: ThemeName): readonly (readonly [name: string, value: string])[] {
  return legend.flatMap(({ id }) => {
    const { fill, ink, edge } = stateStyle[id][theme];
    return [
      [`--state-${id}`, fill],
      [`--ink-${id}`, ink],
      [`--edge-${id}`, edge],
    ] as const;
  });
}
