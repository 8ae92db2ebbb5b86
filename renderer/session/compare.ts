import type { OpenSource } from '../../app/contract/requests.ts';
import { client } from '../client.ts';
import { showComparison } from '../stores/comparison.ts';
import { useDocument } from '../stores/document.ts';
import { useLayout } from '../stores/layout.ts';
import { useParts } from '../stores/parts.ts';
import { nameOf } from './open.ts';
import { reportLost } from './lost.ts';

let newest = 0;

/** Compares what is open with a machine that was before. Where that is refused, its problems are shown. */
export async function compareWith(source: OpenSource): Promise<boolean> {
  const mine = (newest += 1);
  const name = nameOf(source);
  useDocument.setState({ opening: name, rejection: null });
  try {
    const answer = await client().request('compare', source);
    if (mine !== newest) return false;
    if (answer.ok) {
      useDocument.setState({ opening: null });
      showComparison(answer.value);
      const { value } = answer;
      if (value !== null && value.added + value.removed + value.changed > 0) showDifferences();
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

/** The table of what differs. */
export function showDifferences(): void {
  useParts.setState({ differing: true, filter: '', kind: null });
  useLayout.setState({ view: 'parts', present: false });
}

/** Ends the comparison. */
export async function endComparison(): Promise<void> {
  newest += 1;
  showComparison(null);
  useParts.setState({ differing: false });
  try {
    await client().request('compare', null);
    showComparison(null);
  } catch (error) {
    reportLost(error);
  }
}
