import { GitCompareArrows, Moon, Presentation, Search, Sun, TriangleAlert } from 'lucide-react';
import { runCommand } from '../commands/commands.ts';
import { useDocument } from '../stores/document.ts';
import { useFrame } from '../stores/frame.ts';
import { showTab, useLayout } from '../stores/layout.ts';
import { select } from '../stores/selection.ts';
import { resolveTheme } from '../theme/apply-theme.ts';
import { Hint } from './hint.tsx';
import { Scrubber } from './scrubber.tsx';
import { Transport } from './transport.tsx';
import { Mark } from './mark.tsx';
import './top-bar.css';

/** What is open, where we are in it, and how to move. */
export function TopBar() {
  const head = useDocument((state) => state.head);
  const theme = useLayout((state) => state.theme);
  const present = useLayout((state) => state.present);
  const dark = resolveTheme(theme) === 'dark';
  return (
    <header className="top-bar">
      <div className="top-left">
        {head !== null && <h1 className="unseen">{head.title}</h1>}
        <Hint command="open">
          <button type="button" className="open-document" onClick={() => runCommand('open')}>
            <Mark size={18} />
            {head === null ? (
              <span className="document-title">Memscape</span>
            ) : (
              <>
                <span className="document-title">{head.title}</span>
                <span className="document-about muted">
                  {[head.thread, head.kind === 'scenario' ? head.id.toUpperCase() : null, head.machine]
                    .filter((part) => part !== null && part !== head.title)
                    .join(' · ')}
                </span>
              </>
            )}
          </button>
        </Hint>
      </div>
      {head !== null && head.steps.length > 0 ? <Transport /> : <span />}
      <div className="top-right">
        <Alerts />
        {head !== null && (
          <Hint command="compare">
            <button type="button" className="control" onClick={() => runCommand('compare')}>
              <GitCompareArrows size={14} aria-hidden="true" />
              <span className="wide-only">Compare</span>
            </button>
          </Hint>
        )}
        {head !== null && (
          <Hint command="present">
            <button type="button" className="control" aria-pressed={present} onClick={() => runCommand('present')}>
              <Presentation size={14} aria-hidden="true" />
              <span className="wide-only">Present</span>
            </button>
          </Hint>
        )}
        <Hint command="theme">
          <button
            type="button"
            className="control square"
            aria-label={dark ? 'Light theme' : 'Dark theme'}
            onClick={() => runCommand('theme')}
          >
            {dark ? <Sun size={14} aria-hidden="true" /> : <Moon size={14} aria-hidden="true" />}
          </button>
        </Hint>
        <Hint command="palette">
          <button type="button" className="control palette-button" onClick={() => runCommand('palette')}>
            <Search size={13} aria-hidden="true" />
            <span className="unseen">Find</span>
            <kbd>Ctrl K</kbd>
          </button>
        </Hint>
      </div>
      <Scrubber />
    </header>
  );
}

/** What invariants caught at this cursor: leads to the first of them. */
function Alerts() {
  const alerts = useFrame((state) => state.frame?.alerts);
  const tables = useDocument((state) => state.head?.tables);
  const first = alerts?.[0];
  if (alerts === undefined || first === undefined) return null;
  const show = (): void => {
    const table = tables?.find(({ id }) => first.strip === id || first.strip?.endsWith(`:${id}`));
    if (table !== undefined && first.page !== null) {
      select({ kind: 'page', table: table.id, page: first.page });
      showTab('tables');
    } else if (first.node !== null) {
      select({ kind: 'node', id: first.node });
      showTab('object');
    } else showTab('events');
  };
  return (
    <button
      type="button"
      className="control alerts"
      title={alerts.map(({ invariant, text }) => `${invariant}: ${text}`).join('\n')}
      onClick={show}
    >
      <TriangleAlert size={14} aria-hidden="true" />
      {alerts.length === 1 ? '1 alert' : `${alerts.length} alerts`}
    </button>
  );
}
