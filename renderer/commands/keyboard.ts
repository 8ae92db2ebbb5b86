import { useLayout } from '../stores/layout.ts';
import { commandOfChord } from './commands.ts';
import { chord, hasOwnUse, isTyping } from './keymap.ts';

/** Commands that work from within a dialog too. */
const everywhere = new Set(['close', 'palette', 'keys']);

function onKeyDown(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return;
  const keys = chord(event);
  const command = commandOfChord.get(keys);
  if (command === undefined) return;
  if (isTyping(event.target) && !keys.startsWith('Ctrl+')) return;
  if (hasOwnUse(event.target, keys)) return;
  if (useLayout.getState().dialog !== null && !everywhere.has(command.id)) return;
  event.preventDefault();
  command.run();
}

/**
 * A button that was clicked with a pointer gives the keyboard back to the page, so that Space still plays and does not
 * press that button again. Who moves by keyboard keeps the focus where it is.
 */
function onClick(event: MouseEvent): void {
  if (event.detail === 0 || !(event.target instanceof Element)) return;
  const button = event.target.closest<HTMLElement>('button, [role=button]');
  if (
    button !== null &&
    button === document.activeElement &&
    button.closest('[role=dialog], [role=tablist], [role=menu]') === null
  )
    button.blur();
}

/** Listens for the keys of all commands. Returns the end of it. */
export function listenToKeys(): () => void {
  window.addEventListener('keydown', onKeyDown);
  window.addEventListener('click', onClick);
  return () => {
    window.removeEventListener('keydown', onKeyDown);
    window.removeEventListener('click', onClick);
  };
}
