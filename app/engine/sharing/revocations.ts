/**
 * Who holds memory of whom, and who can take it back.
 *
 *      gpu1 holds gradients of gpu0     driver:gpu0, by the callback of its importer
 *      nic0 holds gradients of gpu0     nobody: it is pinned and has no callback (dma_buf_invalidate_mappings passes it over)
 *      nic0 holds pages of A, paged     the kernel, by the notifier of A's address space
 *      nic0 holds pages of A, pinned    nobody, until it is deregistered
 */
import type { World } from '../../model/world.ts';

export interface Revocation {
  /** The device that uses the memory. */
  readonly device: string;
  /** Its attachment, or its memory region. */
  readonly holds: string;
  /** The dma-buf, or the address space. */
  readonly of: string;
  /** Whose memory it is: a device, or "memory" for that of the machine. */
  readonly from: string;
  /** Who can take it back; null: nobody can. */
  readonly by: string | null;
  readonly how: 'callback' | 'notMapped' | 'revoked' | 'noCallback' | 'notifier' | 'pinned';
}

/** Attachments first, then memory regions of processes, each in the order of their making. */
export function revocations(world: World): readonly Revocation[] {
  return [...importers(world), ...regions(world)];
}

function importers(world: World): readonly Revocation[] {
  const { attachment, dmaBuf } = world.records;
  return Object.entries(attachment).map(([holds, tie]): Revocation => {
    const shared = dmaBuf[tie.dmaBuf];
    const from = shared?.device ?? null;
    const exporter = from === null ? 'kernel' : `driver:${from}`;
    const row = { device: tie.importer, holds, of: tie.dmaBuf, from: from ?? 'memory' };
    if (tie.revoked || shared?.revoked === true) return { ...row, by: exporter, how: 'revoked' };
    if (tie.invalidates) return { ...row, by: exporter, how: 'callback' };
    if (tie.mapping === 'none') return { ...row, by: exporter, how: 'notMapped' };
    return { ...row, by: null, how: 'noCallback' };
  });
}

/** Regions of process memory; one of a dma-buf is an attachment. */
function regions(world: World): readonly Revocation[] {
  return Object.entries(world.records.memoryRegion).flatMap(
    ([holds, { device, kind, space }]): readonly Revocation[] => {
      if (space === null) return [];
      const row = { device, holds, of: space, from: 'memory' };
      return [kind === 'pinned' ? { ...row, by: null, how: 'pinned' } : { ...row, by: 'kernel', how: 'notifier' }];
    },
  );
}
