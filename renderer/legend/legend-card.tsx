import { legend } from '../../app/model/legend.ts';
import { Glyph } from '../theme/glyph.tsx';

/** Every page state: glyph, word, meaning, and the letter of its text notation. */
export function LegendCard() {
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
    </dl>
  );
}
