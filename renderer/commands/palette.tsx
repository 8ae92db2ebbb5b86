import { Command as Palette } from 'cmdk';
import { Dialog } from 'radix-ui';
import type { ReactNode } from 'react';
import { goTo } from '../session/navigate.ts';
import { open } from '../session/open.ts';
import { useDocument } from '../stores/document.ts';
import { useFrame } from '../stores/frame.ts';
import { showTab, useLayout } from '../stores/layout.ts';
import { select, useSelection } from '../stores/selection.ts';
import { commands } from './commands.ts';
import { printChord } from './keymap.ts';
import './palette.css';

/** A list of more is no longer a list to choose from: the story panel has them all. */
const mostSteps = 400;

const close = (): void => useLayout.setState({ dialog: null });

/** One field that finds everything: commands, steps, objects, page tables, stories, machines. */
export function CommandPalette() {
  const shown = useLayout((state) => state.dialog === 'palette');
  return (
    <Dialog.Root open={shown} onOpenChange={(wanted) => !wanted && close()}>
      <Dialog.Portal>
        <Dialog.Overlay className="scrim" />
        <Dialog.Content className="palette floating" aria-describedby={undefined}>
          <Dialog.Title className="unseen">Find anything</Dialog.Title>
          <PaletteList />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

/** Every typed word must occur; a match at the beginning of a word counts more. */
export function rank(value: string, search: string): number {
  const text = value.toLowerCase();
  let score = 1;
  for (const word of search.toLowerCase().split(/\s+/).filter(Boolean)) {
    const at = text.indexOf(word);
    if (at < 0) return 0;
    if (at > 0 && !text.includes(` ${word}`)) score /= 2;
  }
  return score;
}

function PaletteList() {
  const head = useDocument((state) => state.head);
  const catalog = useDocument((state) => state.catalog);
  const nodes = useFrame((state) => state.nodes);
  return (
    <Palette label="Find anything" loop filter={rank}>
      <Palette.Input placeholder="Find a command, a step, an object, a story…" autoFocus />
      <Palette.List>
        <Palette.Empty>Nothing has that name.</Palette.Empty>
        <Palette.Group heading="Commands">
          {commands
            .filter(({ id }) => id !== 'palette' && id !== 'close')
            .map(({ id, title, keys, group, run }) => (
              <Item
                key={id}
                value={`${title} ${group} ${id}`}
                run={run}
                after={keys[0] === undefined ? null : <kbd>{printChord(keys[0])}</kbd>}
              >
                {title}
              </Item>
            ))}
        </Palette.Group>
        {head !== null && head.steps.length > 0 && (
          <Palette.Group heading="Steps">
            {head.steps.slice(0, mostSteps).map(({ index, title }) => (
              <Item
                key={index}
                value={`step ${index + 1} ${title}`}
                run={() => goTo({ step: index, event: null })}
                after={<span className="muted">step {index + 1}</span>}
              >
                {title}
              </Item>
            ))}
          </Palette.Group>
        )}
        {head !== null && head.tables.length > 0 && (
          <Palette.Group heading="Page tables">
            {head.tables.map(({ id, title }) => (
              <Item
                key={id}
                value={`table ${title} ${id}`}
                run={() => {
                  useSelection.setState({ table: id });
                  showTab('tables');
                }}
              >
                {title}
              </Item>
            ))}
          </Palette.Group>
        )}
        {nodes.size > 0 && (
          <Palette.Group heading="Objects">
            {[...nodes.values()].map((node) => (
              <Item
                key={node.id}
                value={`object ${node.title} ${node.subtitle ?? ''} ${node.id}`}
                run={() => {
                  select({ kind: 'node', id: node.id });
                  showTab('object');
                }}
                after={<span className="muted">{node.subtitle ?? node.kind}</span>}
              >
                {node.title}
              </Item>
            ))}
          </Palette.Group>
        )}
        <Palette.Group heading="Stories and machines">
          {[...(catalog?.scenarios ?? []), ...(catalog?.topologies ?? [])].map((entry) => (
            <Item
              key={entry.id}
              value={`open ${entry.title} ${entry.id} ${entry.line}`}
              run={() => void open({ kind: 'builtin', id: entry.id })}
              after={<span className="muted">{entry.id}</span>}
            >
              {entry.title}
            </Item>
          ))}
        </Palette.Group>
      </Palette.List>
    </Palette>
  );
}

interface ItemProps {
  readonly value: string;
  readonly run: () => void;
  readonly after?: ReactNode;
  readonly children: ReactNode;
}

function Item({ value, run, after, children }: ItemProps) {
  return (
    <Palette.Item
      value={value}
      onSelect={() => {
        close();
        run();
      }}
    >
      <span className="palette-title">{children}</span>
      {after}
    </Palette.Item>
  );
}
