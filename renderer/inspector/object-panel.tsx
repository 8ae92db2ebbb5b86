import { ChevronLeft, TriangleAlert } from 'lucide-react';
import { useShallow } from 'zustand/react/shallow';
import { useFrame } from '../stores/frame.ts';
import { select, useSelection } from '../stores/selection.ts';
import { FactValue } from './fact-value.tsx';
import { MachineOutline } from './machine-outline.tsx';
import { Contradictions, isPlain, Origins } from './sources.tsx';
import { Changes, PartPanel, usePart } from './part-panel.tsx';

/** Facts of the selected part of the machine; without a selection, the whole machine as a list. */
export function ObjectPanel() {
  const id = useSelection((state) => (state.selected?.kind === 'node' ? state.selected.id : null));
  const node = useFrame((state) => (id === null ? undefined : state.nodes.get(id)));
  const links = useFrame(
    useShallow((state) =>
      state.edges.filter((edge) => edge.kind !== 'contains' && (edge.source === id || edge.target === id)),
    ),
  );
  const relations = useFrame(
    useShallow((state) =>
      (state.frame?.relations ?? []).filter((relation) => relation.source === id || relation.target === id),
    ),
  );
  const parent = useFrame((state) => (node?.parent == null ? undefined : state.nodes.get(node.parent)));
  const nodes = useFrame((state) => state.nodes);

  const part = usePart(id);

  if (part === 'asking' && node === undefined) return <div className="object" aria-busy="true" />;
  if (node === undefined) return part === null || part === 'asking' ? <MachineOutline /> : <PartPanel part={part} />;
  const nameOf = (other: string): string => nodes.get(other)?.title ?? other;
  return (
    <div className="object">
      <button
        type="button"
        className="control plain object-back"
        onClick={() =>
          select(parent === undefined || parent.kind === 'machine' ? null : { kind: 'node', id: parent.id })
        }
      >
        <ChevronLeft size={14} aria-hidden="true" />
        {parent === undefined || parent.kind === 'machine' ? 'All parts' : parent.title}
      </button>
      <h3>
        {node.title}
        {node.count > 1 && <span className="muted"> × {node.count}</span>}
      </h3>
      {node.subtitle !== null && <p className="muted">{node.subtitle}</p>}
      {node.alerts.map((alert) => (
        <p key={alert} className="alert-text">
          <TriangleAlert size={13} aria-hidden="true" /> {alert}
        </p>
      ))}
      {node.facts.length > 0 && (
        <dl className="facts">
          {node.facts.filter(isPlain).map((fact) => (
            <div key={fact.label}>
              <dt>{fact.label}</dt>
              <dd>
                <FactValue fact={fact} />
                {fact.note !== undefined && <span className="fact-note">{fact.note}</span>}
              </dd>
            </div>
          ))}
        </dl>
      )}
      <Contradictions facts={node.facts} />
      {links.length > 0 && (
        <>
          <h4>Links</h4>
          <ul className="links">
            {links.map((link) => {
              const other = link.source === id ? link.target : link.source;
              return (
                <li key={link.id}>
                  <button type="button" onClick={() => select({ kind: 'node', id: other })}>
                    {nameOf(other)}
                  </button>
                  <span className="muted">{link.label ?? link.kind}</span>
                  {link.latencyNs !== null && <span className="muted">{link.latencyNs} ns</span>}
                  {link.degraded !== null && <span className="degraded">runs at {link.degraded}</span>}
                </li>
              );
            })}
          </ul>
        </>
      )}
      {relations.length > 0 && (
        <>
          <h4>Now</h4>
          <ul className="links">
            {relations.map((relation) => (
              <li key={relation.id} data-refused={relation.kind === 'refused' || undefined}>
                <span>{relation.label}</span>
                <button
                  type="button"
                  onClick={() =>
                    select({ kind: 'node', id: relation.source === id ? relation.target : relation.source })
                  }
                >
                  {nameOf(relation.source === id ? relation.target : relation.source)}
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
      <Changes part={part === 'asking' ? null : part} />
      <Origins origins={node.origins ?? []} />
    </div>
  );
}
