import { useRef, useState, type KeyboardEvent } from 'react';
import { ClipboardPaste, Cpu, FolderOpen } from 'lucide-react';
import type { CatalogEntry, OpenSource } from '../../app/contract/requests.ts';
import { open } from '../session/open.ts';
import { useDocument } from '../stores/document.ts';
import { useLayout } from '../stores/layout.ts';
import { chooseFile } from './choose-file.ts';
import { openAll } from './receive.ts';
import { PasteBox } from './paste-box.tsx';
import { RejectionNotice } from './rejection.tsx';
import './start.css';

const close = (opened: boolean): void => {
  if (opened) useLayout.setState({ dialog: null });
};
const openAndClose = (source: OpenSource): void => void open(source).then(close);

const matches = (entry: CatalogEntry, words: readonly string[]): boolean => {
  const text = `${entry.id} ${entry.title} ${entry.line} ${entry.thread ?? ''}`.toLowerCase();
  return words.every((word) => text.includes(word));
};

/** All that can be opened: stories, machines, files, this machine. */
export function StartContent({ autoFocus }: { readonly autoFocus: boolean }) {
  const catalog = useDocument((state) => state.catalog);
  const opening = useDocument((state) => state.opening);
  const lost = useDocument((state) => state.lost);
  const [filter, setFilter] = useState('');
  const [pasting, setPasting] = useState(false);
  const root = useRef<HTMLDivElement>(null);

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    const entries = [...(root.current?.querySelectorAll<HTMLElement>('.entry-card') ?? [])];
    const here = entries.findIndex((entry) => entry === document.activeElement);
    const next = entries[here + (event.key === 'ArrowDown' ? 1 : -1)];
    if (next !== undefined) next.focus();
    else if (event.key === 'ArrowUp') root.current?.querySelector('input')?.focus();
    event.preventDefault();
  };

  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const scenarios = catalog?.scenarios.filter((entry) => matches(entry, words)) ?? [];
  const topologies = catalog?.topologies.filter((entry) => matches(entry, words)) ?? [];

  return (
    <div className="start-content" ref={root} onKeyDown={onKeyDown} aria-busy={opening !== null}>
      <div className="start-actions">
        <input
          type="text"
          className="filter"
          placeholder="Find a story or a machine"
          aria-label="Find a story or a machine"
          autoFocus={autoFocus}
          value={filter}
          onChange={(event) => setFilter(event.currentTarget.value)}
          onKeyDown={(event) => {
            const only = scenarios[0] ?? topologies[0];
            if (event.key === 'Enter' && only !== undefined && words.length > 0)
              openAndClose({ kind: 'builtin', id: only.id });
          }}
        />
        <button type="button" className="control" onClick={() => chooseFile()}>
          <FolderOpen size={14} aria-hidden="true" /> Open a file
        </button>
        <button type="button" className="control" aria-pressed={pasting} onClick={() => setPasting(!pasting)}>
          <ClipboardPaste size={14} aria-hidden="true" /> Paste
        </button>
        <button type="button" className="control" onClick={() => openAndClose({ kind: 'this-machine' })}>
          <Cpu size={14} aria-hidden="true" /> This machine
        </button>
      </div>
      {pasting && (
        <PasteBox
          onText={(text, added) => void openAll([{ kind: 'text', name: 'pasted text', text }], added).then(close)}
        />
      )}
      <RejectionNotice />
      <p className="opening" role="status">
        {opening !== null ? `Opening ${opening}…` : catalog === null && lost === null ? 'Reading what there is…' : ''}
      </p>
      {catalog !== null && (
        <div className="start-lists">
          <Entries title="Stories" entries={scenarios} empty={filter} />
          <div className="start-machines">
            <Entries title="Machines" entries={topologies} empty={filter} />
            <p className="formats">
              <strong>Or files of your own.</strong> Drop them anywhere: a scenario or a machine in YAML, the XML that{' '}
              <code>lstopo</code> writes, a snapshot of <code>/proc</code> and <code>/sys</code> as{' '}
              <code>memscape capture</code> makes it, listings of <code>lspci -vv</code>,{' '}
              <code>nvidia-smi topo -m</code>, <code>rocm-smi --showtopo</code>, <code>numactl -H</code>,{' '}
              <code>cxl list</code>. Several at once become one machine. They stay here.
            </p>
          </div>
        </div>
      )}
    </div>
  );
}

function Entries({
  title,
  entries,
  empty,
}: {
  readonly title: string;
  readonly entries: readonly CatalogEntry[];
  readonly empty: string;
}) {
  return (
    <section aria-label={title}>
      <h2>
        {title} <span className="muted">{entries.length}</span>
      </h2>
      {entries.length === 0 && (
        <p className="muted">{empty === '' ? 'None are built in.' : `Nothing here is about “${empty}”.`}</p>
      )}
      <ul>
        {entries.map((entry) => (
          <li key={entry.id}>
            <button
              type="button"
              className="entry-card"
              onClick={() => openAndClose({ kind: 'builtin', id: entry.id })}
            >
              <span className="entry-head">
                <span className="entry-title">{entry.title}</span>
                {entry.steps !== null && <span className="entry-id">{entry.id.toUpperCase()}</span>}
                {entry.steps !== null && (
                  <span className="entry-about">
                    {entry.steps} {entry.steps === 1 ? 'step' : 'steps'}
                  </span>
                )}
              </span>
              <span className="entry-line" title={entry.line}>
                {entry.line}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
