import { useState } from 'react';
import type { MatrixHead } from '../../app/contract/machine-views.ts';
import { client } from '../client.ts';
import { useAnswer } from '../inspector/use-answer.ts';
import { useDocument } from '../stores/document.ts';
import { Choice } from '../topbar/choice.tsx';
import { heatLevels, lessIsNearer, printValue } from './heat.ts';
import { isLarge, MatrixGrid } from './matrix-grid.tsx';
import './matrices.css';

/** Distances, bandwidths, paths and capabilities between parts, as heat maps. */
export function MatrixPanel() {
  const document = useDocument((state) => state.head);
  const heads = useAnswer(`${document?.id}|${document?.source}`, () => client().request('matrices'));
  const [id, choose] = useState<string | null>(null);
  const [readable, setReadable] = useState(false);
  const head = heads?.find((each) => each.id === id) ?? heads?.[0];
  if (heads === null) return null;
  if (head === undefined)
    return (
      <p className="view-empty">
        <strong>No matrix here.</strong>
        This source has no distances, bandwidths or paths between parts. hwloc XML, <code>numactl -H</code>,{' '}
        <code>nvidia-smi topo -m</code>, <code>rocm-smi --showtopo</code> and Linux snapshots have them.
      </p>
    );
  return (
    <section className="matrices" aria-label="Matrices">
      <div className="view-head">
        {heads.length > 1 ? (
          <Choice
            label="Matrix"
            value={head.id}
            options={heads.map((each) => ({ value: each.id, title: titleOf(each, heads) }))}
            onChange={choose}
          />
        ) : (
          <h2 className="matrix-title">{head.name}</h2>
        )}
        <span className="muted">
          {head.rows} × {head.columns}
          {head.unit === null ? '' : `, ${head.unit}`}
        </span>
        {isLarge(head) && (
          <div className="grain" role="radiogroup" aria-label="Size of the cells">
            <button type="button" role="radio" aria-checked={!readable} onClick={() => setReadable(false)}>
              overview
            </button>
            <button type="button" role="radio" aria-checked={readable} onClick={() => setReadable(true)}>
              values
            </button>
          </div>
        )}
        <HeatLegend head={head} />
      </div>
      {head.note !== null && <p className="matrix-note muted">{head.note}</p>}
      <MatrixGrid key={head.id} head={head} readable={readable || !isLarge(head)} />
    </section>
  );
}

/** Matrices of one name are told apart by their size, and by their place. */
function titleOf(head: MatrixHead, heads: readonly MatrixHead[]): string {
  const alike = heads.filter(({ name }) => name === head.name);
  const size = `${head.name} ${head.rows} × ${head.columns}`;
  return alike.length === 1 ? head.name : `${size}, no. ${alike.indexOf(head) + 1}`;
}

function HeatLegend({ head }: { readonly head: MatrixHead }) {
  const reversed = lessIsNearer(head.means);
  const [weak, strong] = reversed ? [head.most, head.least] : [head.least, head.most];
  const far = head.words.at(-1) ?? (weak === null ? null : printValue(weak));
  const near = head.words[0] ?? (strong === null ? null : printValue(strong));
  return (
    <div className="heat-legend" role="img" aria-label={`Colours: from ${far ?? '?'} pale to ${near ?? '?'} strong`}>
      {near !== null && near !== far && (
        <>
          <span>
            {reversed ? 'farther' : 'slower'} {far}
          </span>
          <span className="heat-ramp">
            {Array.from({ length: heatLevels }, (_, i) => (
              <i key={i} data-level={i} />
            ))}
          </span>
          <span>
            {near} {reversed ? 'nearer' : 'faster'}
          </span>
        </>
      )}
      {near !== null && near === far && (
        <span>
          <i data-level={3} /> {near}
        </span>
      )}
      {head.unknown > 0 && (
        <span>
          <i data-heat="unknown" /> not told ({head.unknown})
        </span>
      )}
    </div>
  );
}
