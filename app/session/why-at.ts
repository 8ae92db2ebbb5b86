/** Why something is as it is at a cursor: the event that was asked about, or the last one that changed the entry. */
import type { Cursor, WhyView } from '../contract/frame.ts';
import type { WhyTarget } from '../contract/requests.ts';
import { pageMap } from '../engine/apply.ts';
import { eventKinds } from '../engine/event-kinds.ts';
import { columnsOf, printDeviceEntry, printEntry, tableOfColumn } from '../view/table-view.ts';
import { whyView } from '../view/why-view.ts';
import type { Story } from './story.ts';

export function whyAt(story: Story | null, cursor: Cursor, target: WhyTarget): WhyView {
  if (story === null) return { question: 'Nothing has happened yet', lines: [], read: [] };
  const world = story.at(cursor);
  if (target.kind === 'event') {
    const { chain, op } = story.causes(target.step, target.event);
    const last = chain[chain.length - 1];
    return whyView(
      last === undefined ? 'There is no such event' : `Why: ${eventKinds[last.what.kind].title}`,
      world,
      chain,
      op,
    );
  }
  const buffer = world.records.buffer[target.table];
  const context =
    target.kind === 'mapping' && buffer !== undefined ? columnsOf(world, buffer.space)[target.column] : undefined;
  if (buffer === undefined || (target.kind === 'mapping' && context === undefined))
    return { question: `${target.table} is not mapped here`, lines: [], read: [] };
  const page = buffer.start + target.page;
  const entry =
    context === undefined
      ? printEntry(pageMap(world, 'pte', buffer.space).get(page))
      : printDeviceEntry(pageMap(world, tableOfColumn(world, context), context).get(page));
  const question =
    context === undefined
      ? `Why is page ${target.page} ${entry}?`
      : `Why does ${world.records.context[context]?.device ?? context} have ${entry} for page ${target.page}?`;
  const last =
    context === undefined
      ? story.lastChange(cursor, 'pte', buffer.space, page)
      : story.lastChange(cursor, tableOfColumn(world, context), context, page);
  if (last === null)
    return {
      question,
      lines: [{ step: -1, event: 0, text: 'Nothing has changed it since the beginning.', fn: null, rule: 'start' }],
      read: [],
    };
  const { chain, op } = story.causes(last.step, last.event);
  return whyView(question, world, chain, op);
}
