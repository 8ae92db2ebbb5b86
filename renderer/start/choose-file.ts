import { receiveFiles } from './receive.ts';

/** Asks the person for files and opens them; `added`: as further descriptions of the machine that is open. */
export function chooseFile(added = false): void {
  const input = document.createElement('input');
  input.type = 'file';
  input.multiple = true;
  input.addEventListener('change', () => void receiveFiles([...(input.files ?? [])], added));
  input.click();
}
