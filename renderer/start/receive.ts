import type { SingleSource } from '../../app/contract/requests.ts';
import { open, readFile } from '../session/open.ts';
import { useDocument } from '../stores/document.ts';

/** Most files that are taken at once. */
const mostFiles = 32;

/** True where a machine is open, to which further descriptions of it can be added. */
export const canAdd = (): boolean => useDocument.getState().head?.kind === 'topology';

/** Opens sources as one; `added`: together with the machine that is open. */
export function openAll(parts: readonly SingleSource[], added: boolean): Promise<boolean> {
  const [only] = parts;
  if (only === undefined) return Promise.resolve(false);
  return parts.length === 1 && !added ? open(only) : open({ kind: 'several', parts, added });
}

/** Opens files that were chosen, dropped or pasted: several are descriptions of one machine, or a scenario with its machine. */
export async function receiveFiles(files: readonly File[], added = false): Promise<boolean> {
  const parts: SingleSource[] = [];
  for (const file of files.slice(0, mostFiles)) {
    const source = await readFile(file);
    if (source === null) return false;
    parts.push(source);
  }
  return openAll(parts, added);
}
