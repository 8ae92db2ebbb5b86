import { useLayout } from '../stores/layout.ts';

/** Id of the field, for the command that leads to it. */
export const findFieldId = 'find-part';

function focus(): boolean {
  const field = document.getElementById(findFieldId);
  if (!(field instanceof HTMLInputElement)) return false;
  field.focus();
  field.select();
  return true;
}

/** Puts the keyboard into the field that finds parts at once, so that no letter is lost; a stage, which has no such field, is left first. */
export function focusFind(): void {
  if (focus()) return;
  useLayout.setState({ present: false });
  requestAnimationFrame(focus);
}
