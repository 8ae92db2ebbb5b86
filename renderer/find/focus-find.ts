import { useLayout } from '../stores/layout.ts';

/** Id of the field, for the command that leads to it. */
export const findFieldId = 'find-part';

/** Puts the keyboard into the field that finds parts; on a stage it leaves the stage, which has no such field. */
export function focusFind(): void {
  useLayout.setState({ present: false });
  requestAnimationFrame(() => {
    const field = document.getElementById(findFieldId);
    if (field instanceof HTMLInputElement) {
      field.focus();
      field.select();
    }
  });
}
