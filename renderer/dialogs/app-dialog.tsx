import type { ReactNode } from 'react';
import { Dialog } from 'radix-ui';
import { X } from 'lucide-react';
import { useLayout, type DialogName } from '../stores/layout.ts';
import './app-dialog.css';

interface AppDialogProps {
  /** Shown while the layout names it. */
  readonly name: DialogName;
  readonly title: string;
  readonly description?: ReactNode;
  readonly className?: string;
  readonly children: ReactNode;
}

export const closeDialog = (): void => useLayout.setState({ dialog: null });

/** A dialog over the window: its title, what is in it, and how to leave it. */
export function AppDialog({ name, title, description, className, children }: AppDialogProps) {
  const shown = useLayout((state) => state.dialog === name);
  return (
    <Dialog.Root open={shown} onOpenChange={(wanted) => !wanted && closeDialog()}>
      <Dialog.Portal>
        <Dialog.Overlay className="scrim" />
        <Dialog.Content
          className={className === undefined ? 'dialog' : `dialog ${className}`}
          {...(description === undefined ? { 'aria-describedby': undefined } : {})}
        >
          <Dialog.Title asChild>
            <h1>{title}</h1>
          </Dialog.Title>
          {description !== undefined && <Dialog.Description className="muted">{description}</Dialog.Description>}
          {children}
          <Dialog.Close asChild>
            <button type="button" className="control plain square dialog-close" aria-label="Close">
              <X size={15} aria-hidden="true" />
            </button>
          </Dialog.Close>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
