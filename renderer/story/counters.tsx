import { useState } from 'react';
import { ChevronDown, ChevronRight } from 'lucide-react';
import { useFrame } from '../stores/frame.ts';
import { FactValue } from '../inspector/fact-value.tsx';

const nothing: readonly never[] = [];

/** In a lower window the story needs the room more than the counters do. */
const roomyHeight = 960;

/** Clock and counters of the modelled machine at the cursor. */
export function Counters() {
  const counters = useFrame((state) => state.frame?.counters ?? nothing);
  const [open, setOpen] = useState(() => window.innerHeight >= roomyHeight);
  if (counters.length === 0) return null;
  const Icon = open ? ChevronDown : ChevronRight;
  return (
    <section className="counters" aria-label="Counters">
      <button type="button" className="counters-head" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon size={13} aria-hidden="true" />
        Counters
      </button>
      {open && (
        <dl tabIndex={0} aria-label="Counters at this moment">
          {counters.map((fact) => (
            <div key={fact.label} title={fact.note}>
              <dt>{fact.label}</dt>
              <dd>
                <FactValue fact={fact} />
              </dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}
