/** Why something is as it is: the chain of causes, the first one first. */
import type { WhyLine, WhyView } from '../contract/frame.ts';
import type { World } from '../model/world.ts';
import type { Event } from '../engine/event.ts';
import { eventKinds } from '../engine/event-kinds.ts';
import { printDetail, printPlace } from './event-view.ts';

/** An event with its place in the story. */
export interface PlacedEvent {
  readonly step: number;
  readonly event: number;
  readonly what: Event;
}

export function whyView(
  question: string,
  world: World,
  chain: readonly PlacedEvent[],
  because: string | null,
): WhyView {
  const lines = chain.map(({ step, event, what }): WhyLine => {
    const where = printPlace(world, what);
    const detail = printDetail(what);
    return {
      step,
      event,
      text: `${what.by}: ${eventKinds[what.kind].title}${where === null ? '' : ` ${where}`}${detail === '' ? '' : ` (${detail})`}`,
      fn: what.fn,
      rule: what.rule,
    };
  });
  const first = chain[0];
  const asked: readonly WhyLine[] =
    because === null || first === undefined
      ? []
      : [{ step: first.step, event: 0, text: because, fn: null, rule: 'op' }];
  return {
    question,
    lines: [...asked, ...lines],
    read: [...new Set(chain.flatMap(({ what }) => (what.fn === null ? [] : [what.fn])))],
  };
}
