import type { Cursor } from '../../app/contract/frame.ts';
import type { DocumentHead, OpenSource, SingleSource } from '../../app/contract/requests.ts';
import { client } from '../client.ts';
import { showComparison } from '../stores/comparison.ts';
import { useDocument } from '../stores/document.ts';
import { useLayout } from '../stores/layout.ts';
import { useParts } from '../stores/parts.ts';
import { forgetQueries } from '../stores/queries.ts';
import { useSelection } from '../stores/selection.ts';
import { beginning } from './cursor.ts';
import { reportLost } from './lost.ts';
import { showDocument } from './navigate.ts';

/** The largest file that is read here; the session refuses text above 16 MiB with a line of its own. */
const largestFile = 64 * 1024 * 1024;

/** What a source is called while it is opened. */
export function nameOf(source: OpenSource): string {
  switch (source.kind) {
    case 'builtin':
      return source.id;
    case 'text':
    case 'bytes':
      return source.name;
    case 'path':
      return source.path;
    case 'this-machine':
      return 'this machine';
    case 'several':
      return source.parts.map(nameOf).join(', ');
  }
}

/** Shows a document that the session has opened, at `cursor`. */
export async function adopt(head: DocumentHead, cursor: Cursor): Promise<void> {
  useDocument.setState(({ opened }) => ({
    head,
    opened: opened + 1,
    timeline: null,
    rejection: null,
    opening: null,
  }));
  useSelection.setState({ selected: null, hovered: null, table: null });
  showComparison(null);
  useParts.setState(useParts.getInitialState(), true);
  forgetQueries();
  if (head.view !== undefined) useLayout.setState({ view: head.view });
  showDocument(cursor);
  if (head.steps.length === 0) return;
  try {
    const timeline = await client().request('timeline');
    if (useDocument.getState().head === head) useDocument.setState({ timeline });
  } catch (error) {
    reportLost(error);
  }
}

let newest = 0;

/** Opens a source. Where it is refused, the problems are shown and what was open stays open. True where it opened. */
export async function open(source: OpenSource, cursor: Cursor = beginning): Promise<boolean> {
  const mine = (newest += 1);
  const name = nameOf(source);
  useDocument.setState({ opening: name, rejection: null });
  try {
    const answer = await client().request('open', source);
    if (mine !== newest) return false;
    if (answer.ok) {
      await adopt(answer.value, cursor);
      return true;
    }
    useDocument.setState({
      opening: null,
      rejection: { name, text: source.kind === 'text' ? source.text : null, problems: answer.error },
    });
  } catch (error) {
    if (mine === newest) useDocument.setState({ opening: null });
    reportLost(error);
  }
  return false;
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** A file that was chosen or dropped, as text where it is text, else as bytes. Null where it cannot be read or is too large, which is shown. */
export async function readFile(file: File): Promise<SingleSource | null> {
  if (file.size > largestFile) {
    const message = `the file has ${Math.ceil(file.size / 1048576)} MiB; at most ${largestFile / 1048576} MiB are read. Open a smaller part of it.`;
    useDocument.setState({
      rejection: { name: file.name, text: null, problems: [{ file: file.name, line: 0, column: 0, message }] },
    });
    return null;
  }
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = new Uint8Array(await file.arrayBuffer());
  } catch {
    const message =
      'it cannot be read: this is a folder, or the file has gone. Pack a folder with tar czf and open that.';
    useDocument.setState({
      rejection: { name: file.name, text: null, problems: [{ file: file.name, line: 0, column: 0, message }] },
    });
    return null;
  }
  try {
    return { kind: 'text', name: file.name, text: decoder.decode(bytes) };
  } catch {
    // Not UTF-8: compressed or another encoding, which the session recognises by its content.
  }
  return { kind: 'bytes', name: file.name, bytes };
}
