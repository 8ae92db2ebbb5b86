import { Popover } from 'radix-ui';
import { legend } from '../../app/model/legend.ts';
import { useDocument } from '../stores/document.ts';
import { useFrame } from '../stores/frame.ts';
import { useLayout } from '../stores/layout.ts';
import { Glyph } from '../theme/glyph.tsx';
import { LegendCard } from './legend-card.tsx';
import './legend.css';

/** Shown even where no event is about them: the two that every strip has. */
const always: ReadonlySet<string> = new Set(['none', 'system']);
const noStates: readonly string[] = [];

/** The states that this story shows; a click opens the card of all of them with what they mean. */
export function LegendStrip() {
  const shown = useLayout((state) => state.panels.legend);
  const states = useDocument((state) => state.timeline?.states ?? noStates);
  const broken = useFrame((state) => (state.frame?.alerts.length ?? 0) > 0);
  const hasPages = useDocument((state) => (state.head?.tables.length ?? 0) > 0);
  if (!shown || !hasPages) return null;
  const rows = legend
    .filter(({ id }) => always.has(id) || states.includes(id) || (broken && id === 'stale'))
    .toReversed();
  return (
    <Popover.Root>
      <Popover.Trigger asChild>
        <button type="button" className="legend-strip" title="What the states mean">
          <span className="unseen">Legend:</span>
          {rows.map(({ id, word }) => (
            <span key={id}>
              <Glyph state={id} size={15} />
              {word}
            </span>
          ))}
        </button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className="floating legend-popover"
          side="top"
          align="start"
          sideOffset={8}
          collisionPadding={12}
          aria-label="Legend"
        >
          <LegendCard />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
