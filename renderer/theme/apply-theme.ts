import { useSyncExternalStore } from 'react';
import type { ThemeChoice } from '../stores/layout.ts';
import { useLayout } from '../stores/layout.ts';
import type { ThemeName } from '../../app/draw/state-style.ts';
import { stateProperties } from './state-style.ts';

const prefersDark = (): MediaQueryList => window.matchMedia('(prefers-color-scheme: dark)');

/** The theme that a choice means here and now. */
export const resolveTheme = (choice: ThemeChoice): ThemeName =>
  choice === 'system' ? (prefersDark().matches ? 'dark' : 'light') : choice;

function paintTheme(): void {
  const { theme, present } = useLayout.getState();
  const root = document.documentElement;
  const name = resolveTheme(theme);
  if (root.dataset['theme'] !== name) {
    root.dataset['theme'] = name;
    for (const [property, value] of stateProperties(name)) root.style.setProperty(property, value);
  }
  root.toggleAttribute('data-present', present);
}

/** Keeps the document's theme as the person and the system choose it. */
export function followTheme(): () => void {
  paintTheme();
  const query = prefersDark();
  query.addEventListener('change', paintTheme);
  const unsubscribe = useLayout.subscribe(paintTheme);
  return () => {
    query.removeEventListener('change', paintTheme);
    unsubscribe();
  };
}

/** The theme on screen, for what is painted by hand. */
export function useTheme(): ThemeName {
  return useSyncExternalStore(
    (changed) => {
      const query = prefersDark();
      query.addEventListener('change', changed);
      const unsubscribe = useLayout.subscribe(changed);
      return () => {
        query.removeEventListener('change', changed);
        unsubscribe();
      };
    },
    () => resolveTheme(useLayout.getState().theme),
  );
}
