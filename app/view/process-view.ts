/** Processes as nodes: each with its buffers as strips of pages. */
import { plural } from '../base/format.ts';
import type { GraphNode } from '../contract/frame.ts';
import type { World } from '../model/world.ts';

export function processNodes(world: World): readonly GraphNode[] {
  return Object.entries(world.records.process).map(([name, process]): GraphNode => {
    const space = world.records.space[process.space];
    const strips = Object.entries(world.records.buffer)
      .filter(([key, buffer]) => buffer.space === process.space && key.startsWith(`${name}.`))
      .map(([key, buffer]) => ({
        id: `space:${key}`,
        label: key.slice(name.length + 1),
        start: 0,
        pages: buffer.pages,
      }));
    const contexts = Object.entries(world.records.context).filter(([, context]) => context.space === process.space);
    const rss = space === undefined ? 0 : space.rss.anon + space.rss.file + space.rss.shmem;
    return {
      id: `process:${name}`,
      kind: 'process',
      subkind: null,
      parent: null,
      title: `Process ${name}`,
      subtitle: process.alive ? `pid ${process.pid} · ${plural(rss, 'page')} resident` : `pid ${process.pid} · exited`,
      facts: [
        { label: 'pid', value: String(process.pid) },
        { label: 'parent', value: process.parent ?? 'none' },
        { label: 'resident', value: plural(rss, 'page') },
        {
          label: 'mirrored by',
          value:
            contexts
              .filter(([, c]) => c.mirrored)
              .map(([, c]) => c.device)
              .join(', ') || 'nobody',
        },
        { label: 'notifier sequence', value: String(world.records.subscriptions[process.space]?.seq ?? 'none') },
      ],
      strips,
      count: 1,
      alerts: [],
    };
  });
}
