import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import '@fontsource-variable/inter/wght.css';
import '@fontsource/jetbrains-mono/latin-400.css';
import '@fontsource/jetbrains-mono/latin-500.css';
import './theme/tokens.css';
import './theme/base.css';
import { App } from './app.tsx';
import { connect, type Client } from './client.ts';
import { listenToKeys } from './commands/keyboard.ts';
import { startSession } from './session/start.ts';
import { rememberLayout } from './stores/layout.ts';
import { followTheme } from './theme/apply-theme.ts';

/** Shows the app in `root`, over the session that `client` reaches. */
export function mount(root: HTMLElement, client: Client): void {
  connect(client);
  followTheme();
  rememberLayout();
  listenToKeys();
  startSession();
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
