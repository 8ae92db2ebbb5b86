import { AppDialog } from '../dialogs/app-dialog.tsx';
import { commands, type CommandGroup } from './commands.ts';
import { printChord } from './keymap.ts';

const groups: readonly CommandGroup[] = ['Move', 'Play', 'Panels', 'View', 'Picture', 'Open'];

/** All keys, from the table that the keyboard itself reads. */
export function KeyList() {
  return (
    <AppDialog name="keys" title="Keys">
      <div className="key-groups">
        {groups.map((group) => (
          <section key={group}>
            <h2>{group}</h2>
            <ul>
              {commands
                .filter((command) => command.group === group && command.keys.length > 0)
                .map(({ id, title, keys }) => (
                  <li key={id}>
                    <span>{title}</span>
                    <span>
                      {keys.map((key) => (
                        <kbd key={key}>{printChord(key)}</kbd>
                      ))}
                    </span>
                  </li>
                ))}
            </ul>
          </section>
        ))}
        <section>
          <h2>In lists, tables and the picture</h2>
          <ul>
            <li>
              <span>Previous and next row</span>
              <span>
                <kbd>↑</kbd>
                <kbd>↓</kbd>
              </span>
            </li>
            <li>
              <span>A screen of rows</span>
              <span>
                <kbd>PageUp</kbd>
                <kbd>PageDown</kbd>
              </span>
            </li>
            <li>
              <span>From part to part of the machine</span>
              <span>
                <kbd>Alt ←</kbd>
                <kbd>Alt →</kbd>
                <kbd>Alt ↑</kbd>
                <kbd>Alt ↓</kbd>
              </span>
            </li>
            <li>
              <span>Closer, farther and all, in the timeline and the addresses</span>
              <span>
                <kbd>+</kbd>
                <kbd>-</kbd>
                <kbd>0</kbd>
              </span>
            </li>
            <li>
              <span>Into a range of addresses, and out of it</span>
              <span>
                <kbd>Enter</kbd>
                <kbd>Backspace</kbd>
              </span>
            </li>
            <li>
              <span>Go to the selected event</span>
              <span>
                <kbd>Enter</kbd>
              </span>
            </li>
          </ul>
        </section>
      </div>
    </AppDialog>
  );
}
