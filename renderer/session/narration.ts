import type { Frame } from '../../app/contract/frame.ts';
import type { DocumentHead } from '../../app/contract/requests.ts';

const plural = (n: number, one: string, many: string): string => (n === 1 ? `1 ${one}` : `${n} ${many}`);
const spoken = (text: string): string => text.replaceAll('`', '');

/** What a screen reader says on arrival at a frame: where we are, what happened, and what is wrong. */
export function narrate(head: DocumentHead, frame: Frame): string {
  const { step, event } = frame.cursor;
  if (head.steps.length === 0) return `${head.title}: ${plural(frame.nodes.length, 'object', 'objects')}.`;
  if (step < 0) return `Beginning of ${head.title}, before step 1 of ${head.steps.length}.`;
  const said: string[] = [];
  const title = frame.story?.title ?? head.steps[step]?.title ?? '';
  if (event === null) {
    said.push(`Step ${step + 1} of ${head.steps.length}: ${title}.`);
    if (frame.story !== null) said.push(spoken(frame.story.say));
  } else {
    const last = frame.events.find(({ index }) => index === event - 1);
    said.push(`Event ${event} of ${head.steps[step]?.events ?? 0} in step ${step + 1}`);
    said.push(
      last === undefined
        ? `${title}.`
        : `${last.by}: ${last.title}${last.where === null ? '' : ` ${last.where}`}. ${spoken(last.detail)}`,
    );
  }
  const failed = frame.story?.expectations.filter(({ ok }) => !ok).length ?? 0;
  if (failed > 0) said.push(`${plural(failed, 'expectation does', 'expectations do')} not hold.`);
  if (frame.alerts.length > 0)
    said.push(`${plural(frame.alerts.length, 'alert', 'alerts')}: ${frame.alerts.map(({ text }) => text).join('. ')}.`);
  return said.join(' ');
}
