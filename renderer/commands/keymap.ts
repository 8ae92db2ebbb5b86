/** The part of a keyboard event that says which keys are down. */
export type KeyPress = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>;

/**
 * A key press as the command table writes it: "Space", "ArrowLeft", "Shift+ArrowLeft", "Ctrl+K", "?".
 * Printed characters stand for themselves, whatever modifier a keyboard needs for them; Command counts as Ctrl.
 */
export function chord(press: KeyPress): string {
  const named = press.key.length > 1;
  const key = press.key === ' ' ? 'Space' : named ? press.key : press.key.toLowerCase();
  const letter = /^[a-z]$/.test(key);
  const parts: string[] = [];
  if (press.ctrlKey || press.metaKey) parts.push('Ctrl');
  if (press.altKey) parts.push('Alt');
  if (press.shiftKey && (named || key === 'Space' || letter)) parts.push('Shift');
  parts.push(letter ? key.toUpperCase() : key);
  return parts.join('+');
}

const typedIn =
  'input:not([type=range]):not([type=checkbox]):not([type=radio]):not([type=button]), textarea, select, [contenteditable=""], [contenteditable=true], [role=textbox], [role=combobox]';

/** True where keys are text: shortcuts without Ctrl stay out of the way there. */
export const isTyping = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest(typedIn) !== null;

/** True where the element under the keyboard has a use of its own for this key. */
export function hasOwnUse(target: EventTarget | null, keys: string): boolean {
  if (!(target instanceof Element)) return false;
  if (keys === 'Space' || keys === 'Enter')
    return (
      target.closest(
        'button, a[href], summary, input, [role=button], [role=tab], [role=menuitem], [role=switch], [role=option]',
      ) !== null
    );
  if (/^(Arrow|Home|End|Page)/.test(keys))
    return (
      target.closest(
        'input[type=range], [role=menu], [role=tablist], [role=listbox], [role=radiogroup], [role=slider], [role=separator]',
      ) !== null
    );
  return false;
}

const symbols: Readonly<Record<string, string>> = {
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  Escape: 'Esc',
};

/** How a chord is printed beside its command: "Shift →". */
export const printChord = (keys: string): string =>
  keys === '+'
    ? '+'
    : keys
        .split('+')
        .map((part) => symbols[part] ?? part)
        .join(' ');
