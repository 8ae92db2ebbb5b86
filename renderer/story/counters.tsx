import { useFrame } from '../stores/frame.ts';
import { FactValue } from '../inspector/fact-value.tsx';

const nothing: readonly never[] = [];

/** Clock and counters of the modelled machine at the cursor. */
export function Counters() {
  const counters = useFrame((state) => state.frame?.counters ?? nothing);
  if (counters.length === 0) return null;
  return (
    <dl className="counters" aria-label="Counters">
      {counters.map((fact) => (
        <div key={fact.label} title={fact.note}>
          <dt>{fact.label}</dt>
          <dd>
            <FactValue fact={fact} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
