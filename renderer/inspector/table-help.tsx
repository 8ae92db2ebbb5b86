import { Popover } from 'radix-ui';
import { CircleHelp } from 'lucide-react';

/** How to read the page table: beside the thing that confuses. */
export function TableHelp() {
  return (
    <Popover.Root>
      <Popover.Trigger asChild>
        <button
          type="button"
          className="control plain square"
          aria-label="How to read this table"
          title="How to read this table"
        >
          <CircleHelp size={14} aria-hidden="true" />
        </button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className="floating help-card"
          align="end"
          sideOffset={6}
          collisionPadding={12}
          aria-label="How to read this table"
        >
          <dl>
            <dt>page</dt>
            <dd>Index in the mapping, in pages of 4 KiB.</dd>
            <dt>CPU entry</dt>
            <dd>
              What the CPU&apos;s page table says: <code>PRESENT</code> maps a frame, <code>DEVPRIV</code> and{' '}
              <code>MIGRATION</code> are entries that fault, none is no entry at all.
            </dd>
            <dt>frame</dt>
            <dd>The frame behind the entry and the memory that it is in.</dd>
            <dt>devices</dt>
            <dd>
              What each device&apos;s own table says about the same page. It is a copy: it may lag behind the
              CPU&apos;s, and that is what goes wrong.
            </dd>
          </dl>
          <p>Rows that this step changed have a mark at their edge. Click an entry to ask why it is so.</p>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
