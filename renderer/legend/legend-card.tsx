import { legend } from '../../app/model/legend.ts';
import { usePicture } from '../graph/picture-state.ts';
import { Glyph } from '../theme/glyph.tsx';

import { linesOf, WireSample } from './machine-legend.tsx';

/** Every page state: glyph, word, meaning, and the letter of its text notation. */
export function LegendCard() {
  const wires = usePicture((state) => state.shown?.drawn.drawing.wires);
  const kinds = linesOf((wires ?? []).map((wire) => wire.kind));
  return (
    <dl className="legend-card">
      {legend.toReversed().map(({ id, word, meaning, letter }) => (
        <div key={id}>
          <dt>
            <Glyph state={id} />
            {word}
            <code title="letter in text notation">{letter}</code>
          </dt>
          <dd>{meaning}</dd>
        </div>
      ))}
      {kinds.map(({ kind, words }) => (
        <div key={kind}>
          <dt>
            <WireSample kind={kind} />
            {words.join(', ')}
          </dt>
          <dd>a line between two parts of the machine</dd>
        </div>
      ))}
    </dl>
  );
}
