/** What is told of one step: its words, operations, cost and expectations. */
import type { StepStory } from '../contract/frame.ts';
import { stepCost } from '../view/cost-view.ts';
import type { Story } from './story.ts';

export function stepStory(story: Story, index: number): StepStory | null {
  const { scenario } = story.run;
  const step = scenario.value.steps[index];
  const done = story.run.steps[index];
  if (step === undefined || done === undefined) return null;
  const cost = stepCost(done.after, story.stepCost(index));
  return {
    index,
    title: step.title,
    say: step.say.trim(),
    lesson: step.lesson ?? null,
    read: step.read.map((r) => ({ label: r.see, where: r.in ?? null })),
    ops: step.do.map(
      (op, i) =>
        `${op.by}: ${op.op}${'place' in op ? ` ${op.place}` : ''}${'errno' in (done.transactions[i]?.result ?? {}) ? ' (refused)' : ''}`,
    ),
    ...(cost === undefined ? {} : { cost }),
    expectations: done.checks.map((check) => ({
      text: check.expected,
      ok: check.ok,
      actual: check.ok ? null : check.actual,
      line: check.line || scenario.at(['steps', index]).line,
    })),
  };
}
