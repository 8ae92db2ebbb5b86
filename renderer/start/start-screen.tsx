import { Mark } from '../topbar/mark.tsx';
import { StartContent } from './start-content.tsx';

/** Nothing is open yet: what this is, and what there is to open. */
export function StartScreen() {
  return (
    <main className="start-screen">
      <div className="start-column">
        <header className="start-head">
          <Mark size={40} />
          <div>
            <h1>Memscape</h1>
            <p>
              Who may touch which memory, and why: step through what the kernel and the devices do, page by page,
              forward and back.
            </p>
          </div>
        </header>
        <StartContent autoFocus={false} />
        <footer className="start-foot muted">
          Drop a file anywhere to open it. <kbd>?</kbd> lists all keys, <kbd>Ctrl K</kbd> finds everything.
        </footer>
      </div>
    </main>
  );
}
