import { memo, useMemo, type ReactNode } from 'react';
import { Handle, Position, type NodeProps } from '@xyflow/react';
import { Cpu, MemoryStick, Network, Server, Split, type LucideIcon } from 'lucide-react';
import type { GraphNode } from '../../app/contract/frame.ts';
import { PageStrip } from '../strips/page-strip.tsx';
import { useFrame } from '../stores/frame.ts';
import { sameSelection, select, useSelection } from '../stores/selection.ts';
import { innerWidth } from './sizes.ts';

const icons: { readonly [K in GraphNode['kind']]?: LucideIcon } = {
  cpu: Cpu,
  memory: MemoryStick,
  'host-bridge': Server,
  switch: Split,
  device: Network,
};

function Strips({ node, room }: { readonly node: GraphNode; readonly room: number }) {
  return node.strips.map((strip) => (
    <div className="card-strip" key={strip.id}>
      <PageStrip strip={strip} room={room} />
    </div>
  ));
}

/** Head of a card: what it is, and the one fact that tells it from its siblings. */
function Head({ node, icon = true }: { readonly node: GraphNode; readonly icon?: boolean }) {
  const Icon = icon ? icons[node.kind] : undefined;
  return (
    <div className="card-head">
      {Icon !== undefined && <Icon size={14} aria-hidden="true" />}
      <strong>{node.title}</strong>
      {node.count > 1 && <span className="card-count">× {node.count}</span>}
      {node.subtitle !== null && <span className="card-subtitle">{node.subtitle}</span>}
    </div>
  );
}

/** Memory and BARs of a device, in its card. A BAR is drawn as the share of the memory that it shows. */
function Parts({ id }: { readonly id: string }) {
  const nodes = useFrame((state) => state.nodes);
  const parts = [...nodes.values()].filter(
    (node) => node.parent === id && (node.kind === 'device-memory' || node.kind === 'bar'),
  );
  return parts.map((part) => (
    <div className="card-part" key={part.id} data-kind={part.kind}>
      <span>{part.title}</span>
      <span className="card-subtitle">{part.subtitle}</span>
      <Strips node={part} room={innerWidth.device} />
    </div>
  ));
}

function ProcessBody({ node }: { readonly node: GraphNode }) {
  return (
    <div className="process-strips">
      {node.strips.map((strip) => (
        <div className="process-strip" key={strip.id}>
          <span className="process-label">{strip.label}</span>
          <PageStrip strip={strip} room={innerWidth.process} />
        </div>
      ))}
      {node.strips.length === 0 && <span className="card-subtitle">nothing mapped</span>}
    </div>
  );
}

/** Nodes subscribe to their own slice of the frame: a step draws only those that changed. */
function Card({
  id,
  data,
  children,
}: {
  readonly id: string;
  readonly data: Record<string, unknown>;
  readonly children: (node: GraphNode) => ReactNode;
}) {
  const own = useFrame((state) => state.nodes.get(id));
  const folded = typeof data['count'] === 'number' ? data['count'] : 1;
  const node = useMemo(
    () => (own === undefined || own.count === folded ? own : { ...own, count: folded }),
    [own, folded],
  );
  const chosen = useSelection((state) => sameSelection(state.selected, { kind: 'node', id }));
  const pointed = useSelection((state) => sameSelection(state.hovered, { kind: 'node', id }));
  if (node === undefined) return null;
  return (
    <div
      className="card"
      data-kind={node.kind}
      data-subkind={node.subkind ?? undefined}
      data-chosen={chosen || undefined}
      data-pointed={pointed || undefined}
      data-alert={node.alerts.length > 0 || undefined}
      data-stacked={node.count > 1 || undefined}
      role="button"
      tabIndex={0}
      aria-pressed={chosen}
      onClick={() => select({ kind: 'node', id })}
      onKeyDown={(event) => {
        if (event.target !== event.currentTarget || (event.key !== 'Enter' && event.key !== ' ')) return;
        event.preventDefault();
        select({ kind: 'node', id });
      }}
    >
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <Handle type="source" position={Position.Right} isConnectable={false} />
      {children(node)}
      {node.alerts[0] !== undefined && <p className="card-alert">{node.alerts[0]}</p>}
    </div>
  );
}

const Plain = memo(({ id, data }: NodeProps) => (
  <Card id={id} data={data}>
    {(node) => (
      <>
        <Head node={node} />
        {node.kind === 'memory' && <Strips node={node} room={innerWidth.memory} />}
        {node.kind === 'device' && <Parts id={id} />}
      </>
    )}
  </Card>
));

const Process = memo(({ id, data }: NodeProps) => (
  <Card id={id} data={data}>
    {(node) => (
      <>
        <Head node={node} />
        <ProcessBody node={node} />
      </>
    )}
  </Card>
));

const Group = memo(({ id, data }: NodeProps) => (
  <Card id={id} data={data}>
    {(node) => <Head node={node} icon={false} />}
  </Card>
));

/** One view for each shape of node; module constants, as React Flow wants them. */
export const nodeTypes = { plain: Plain, process: Process, area: Group } as const;
