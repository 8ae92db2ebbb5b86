import { Tooltip } from 'radix-ui';
import type { ReactElement } from 'react';
import { commands, keysOf } from '../commands/commands.ts';
import { printChord } from '../commands/keymap.ts';

interface HintProps {
  /** The command that the control runs: its title and key are shown. */
  readonly command: string;
  readonly children: ReactElement;
}

/** Title and key of a command, beside the control that runs it. */
export function Hint({ command, children }: HintProps) {
  const title = commands.find(({ id }) => id === command)?.title ?? command;
  const keys = keysOf(command);
  return (
    <Tooltip.Root>
      <Tooltip.Trigger asChild>{children}</Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content className="floating hint" sideOffset={6} collisionPadding={8}>
          {title}
          {keys !== null && <kbd>{printChord(keys)}</kbd>}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}
