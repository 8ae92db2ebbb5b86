/** The menu: every item is a command of the renderer by its id, or a role of the system. */
import { Menu, type MenuItemConstructorOptions } from 'electron';
import { basename } from 'node:path';

export interface MenuActions {
  /** Runs a command of the renderer in the window in front. */
  command(id: string): void;
  openFile(): void;
  openRecent(path: string): void;
}

const separator: MenuItemConstructorOptions = { type: 'separator' };

export function setMenu(actions: MenuActions, recent: readonly string[]): void {
  const item = (label: string, id: string, accelerator?: string): MenuItemConstructorOptions => ({
    label,
    click: () => actions.command(id),
    ...(accelerator === undefined ? {} : { accelerator, registerAccelerator: false }),
  });
  const template: MenuItemConstructorOptions[] = [
    ...(process.platform === 'darwin' ? [{ role: 'appMenu' as const }] : []),
    {
      label: '&File',
      submenu: [
        item('Stories and Machines…', 'open'),
        { label: 'Open File…', accelerator: 'CmdOrCtrl+O', click: () => actions.openFile() },
        {
          label: 'Open Recent',
          enabled: recent.length > 0,
          submenu: recent.map((path) => ({
            label: basename(path),
            toolTip: path,
            click: () => actions.openRecent(path),
          })),
        },
        separator,
        item('Save Picture as SVG', 'export-svg'),
        item('Save Picture as PNG', 'export-png'),
        item('Copy Picture as PNG', 'copy-png'),
        item('Copy Picture as SVG', 'copy-svg'),
        separator,
        process.platform === 'darwin' ? { role: 'close' } : { role: 'quit' },
      ],
    },
    { role: 'editMenu' },
    {
      label: '&Go',
      submenu: [
        item('Play or Pause', 'play', 'Space'),
        separator,
        item('Step Forward', 'step-forward', 'Right'),
        item('Step Back', 'step-back', 'Left'),
        item('Event Forward', 'event-forward', 'Shift+Right'),
        item('Event Back', 'event-back', 'Shift+Left'),
        separator,
        item('First', 'first', 'Home'),
        item('Last', 'last', 'End'),
      ],
    },
    {
      label: '&View',
      submenu: [
        item('Story', 'toggle-story'),
        item('Inspector', 'toggle-inspector'),
        item('Timeline', 'toggle-timeline'),
        item('Present', 'present'),
        item('Light or Dark', 'theme'),
        separator,
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { role: 'togglefullscreen' },
      ],
    },
    { role: 'help', submenu: [item('Keys', 'keys'), item('Find a Command…', 'palette', 'CmdOrCtrl+K')] },
  ];
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
}
