/**
 * Whose a device is, where one user at a time is all it can serve.
 *
 *      exclusive     A owns, A closes: what can be taken back is; what cannot keeps the token, and B is refused: EBUSY
 *      singleUser    A closes with an export alive: hard reset, and B is refused until it is done: EAGAIN
 *
 * Models hl_device_open and hl_device_release of drivers/accel/habanalabs, and the exclusive owner that was proposed
 * for it in September 2021 after the pattern of drm_is_current_master.
 */
import type { Ownership, OwnerPolicy } from '../../model/owners.ts';
import { PageMap } from '../../store/page-map.ts';
import type { OpResult } from '../event.ts';
import { exportsOf } from '../sharing/leave.ts';
import { letGoOfObject } from '../sharing/objects.ts';
import { revoke } from '../sharing/moving.ts';
import { ok, type Tx } from '../tx.ts';
import { callMinor, makeMinorTable } from './minor-table.ts';
import { heldFile } from './held-file.ts';

const fresh: Ownership = {
  policy: 'shared',
  state: 'ok',
  context: 'none',
  owner: null,
  token: [],
  commands: [],
  resets: 0,
};

const ownershipOf = (tx: Tx, device: string): Ownership => tx.get('ownership', device) ?? fresh;

/** Numbers of control nodes: they open whatever the device does. */
const controlTable = 'habanalabs';
const controlMajor = 511;
const lastControl = 255;

export function setOwnerPolicy(tx: Tx, device: string, policy: OwnerPolicy): OpResult {
  const at = { device };
  if (tx.get('device', device) === null)
    return tx.refuse('ENODEV', 'owner.policy', { at, why: `no device ${device} in this machine` });
  const cause = tx.emit({ kind: 'ownerPolicySet', rule: 'owner.policy', at, args: { policy } }, (w) =>
    w.put('ownership', device, { ...ownershipOf(tx, device), policy }),
  );
  if (policy !== 'singleUser') return ok;
  if (tx.get('minorTable', controlTable) === null) makeMinorTable(tx, controlTable, 'idr', lastControl, cause);
  const said = callMinor(tx, 'alloc', { table: controlTable, pointer: device, cause });
  if ('refusal' in said) return said.refusal;
  const node = `accel_controlD${said.id}`;
  tx.emit(
    {
      kind: 'nodeRegistered',
      cause,
      rule: 'owner.control',
      fn: 'cdev_device_add',
      at,
      args: { node, major: controlMajor, minor: said.id },
    },
    (w) =>
      w.put('deviceNode', node, { device, table: controlTable, major: controlMajor, minor: said.id, state: 'live' }),
  );
  return ok;
}

/** The hardware is found bad, or good again. */
export function setDeviceState(tx: Tx, device: string, state: 'ok' | 'malfunction' | 'disabled'): OpResult {
  const at = { device };
  if (tx.get('ownership', device) === null)
    return tx.refuse('ENODEV', 'owner.state', { at, why: `${device} has no owner policy` });
  tx.emit({ kind: 'deviceStateSet', rule: 'owner.state', at, args: { state } }, (w) =>
    w.patch('ownership', device, { state }),
  );
  return ok;
}

/** What keeps a device from being let go of: exports that somebody holds, and commands under way. */
export function holdersOf(tx: Tx, device: string): readonly string[] {
  return [
    ...exportsOf(tx, device)
      .filter(({ holders }) => holders.length > 0)
      .map(({ dmaBuf, holders }) => `dma-buf ${dmaBuf} (${holders.join(', ')})`),
    ...ownershipOf(tx, device).commands.map((command) => `command ${command}`),
  ];
}

/** Exports of former owners that are still there: each keeps the owner token. */
const tokenOf = (tx: Tx, device: string): readonly string[] =>
  ownershipOf(tx, device).token.filter((name) => (tx.get('dmaBuf', name)?.holders ?? []).length > 0);

/** What stands in the way of an open, in the order of hl_device_open; null: nothing. */
function objection(tx: Tx, device: string): readonly [errno: string, rule: string, why: string] | null {
  const own = ownershipOf(tx, device);
  if (own.policy === 'exclusive') {
    const token = tokenOf(tx, device);
    return own.owner === null && token.length > 0
      ? ['EBUSY', 'owner.token', `what a former owner exported is still held: ${token.join(', ')}`]
      : null;
  }
  if (own.policy !== 'singleUser') return null;
  if (own.state === 'inReset') return ['EAGAIN', 'owner.open.reset', 'the device is in reset'];
  if (own.state === 'malfunction' || own.state === 'disabled')
    return ['EPERM', 'owner.open.notOperational', `the device is not operational: ${own.state}`];
  if (own.state === 'needsScrub') return ['EAGAIN', 'owner.open.scrub', 'its memory is being scrubbed'];
  if (own.context === 'releasing')
    return ['EAGAIN', 'owner.open.releasing', 'the last context is still being released'];
  return own.context === 'active' ? ['EBUSY', 'owner.open.busy', 'another process has the device'] : null;
}

/** Refuses an open that the policy of the device does not permit; null: go on. */
export function refuseOpen(tx: Tx, device: string, cause: number | null): OpResult | null {
  const no = objection(tx, device);
  if (no === null) return null;
  const fn = ownershipOf(tx, device).policy === 'singleUser' ? 'hl_device_open' : 'drm_is_current_master';
  return tx.refuse(no[0], no[1], { cause, at: { device }, why: no[2], fn });
}

/** An open that succeeded makes the file the owner, where there is to be one. */
export function ownerOpened(tx: Tx, device: string, file: string, cause: number): void {
  const own = ownershipOf(tx, device);
  if (own.policy === 'singleUser')
    tx.emit({ kind: 'contextActive', cause, rule: 'owner.open', at: { device }, args: { file } }, (w) =>
      w.patch('ownership', device, { context: 'active' }),
    );
  if (own.policy === 'exclusive' && own.owner === null) takeOwnership(tx, device, file, cause);
}

function takeOwnership(tx: Tx, device: string, file: string, cause: number | null): void {
  tx.emit({ kind: 'ownerSet', cause, rule: 'owner.set', at: { device }, args: { file } }, (w) =>
    w.patch('ownership', device, { owner: file, token: [] }),
  );
}

export function setOwner(tx: Tx, by: string, key: string): OpResult {
  const file = heldFile(tx, by, key);
  if ('refusal' in file) return file.refusal;
  const { device } = file;
  const own = ownershipOf(tx, device);
  const at = { device };
  if (own.policy !== 'exclusive')
    return tx.refuse('EOPNOTSUPP', 'owner.set', { at, why: `${device} has no exclusive owner` });
  if (own.owner === key) return ok;
  if (own.owner !== null) return tx.refuse('EBUSY', 'owner.set', { at, why: `${own.owner} is the owner` });
  const no = refuseOpen(tx, device, null);
  if (no !== null) return no;
  takeOwnership(tx, device, key, null);
  return ok;
}

export function dropOwner(tx: Tx, by: string, key: string): OpResult {
  const file = heldFile(tx, by, key);
  if ('refusal' in file) return file.refusal;
  if (ownershipOf(tx, file.device).owner !== key)
    return tx.refuse('EINVAL', 'owner.drop', { at: { device: file.device }, why: `${key} is not the owner` });
  leaveOwnership(tx, file.device, key, null);
  return ok;
}

/** The owner goes: what can be taken back is; each export that cannot keeps the token. */
function leaveOwnership(tx: Tx, device: string, file: string, because: number | null): void {
  const cause = tx.emit(
    { kind: 'ownerDropped', cause: because, rule: 'owner.drop', at: { device }, args: { file } },
    (w) => w.patch('ownership', device, { owner: null }),
  );
  const exports = exportsOf(tx, device);
  for (const { dmaBuf, revocable } of exports) if (revocable) revoke(tx, dmaBuf, cause);
  const token = exports.flatMap(({ dmaBuf, revocable, holders }) =>
    revocable || holders.length === 0 ? [] : [dmaBuf],
  );
  if (token.length === 0) return;
  tx.emit({ kind: 'ownerTokenHeld', cause, rule: 'owner.token', at: { device }, args: { holders: token } }, (w) =>
    w.patch('ownership', device, { token }),
  );
}

/** Commands through a file: under an exclusive owner, only its own. They run until they are done. */
export function runCommand(tx: Tx, by: string, key: string, name: string): OpResult {
  const file = heldFile(tx, by, key);
  if ('refusal' in file) return file.refusal;
  const { device } = file;
  const own = ownershipOf(tx, device);
  const at = { device };
  if (own.policy === 'exclusive' && own.owner !== key)
    return tx.refuse('EACCES', 'owner.command', { at, why: `${own.owner ?? 'nobody'} is the owner, not ${key}` });
  if (tx.get('drmDevice', device)?.unplugged === true)
    return tx.refuse('ENODEV', 'owner.command', { at, why: 'the device is unplugged', fn: 'drm_dev_enter' });
  if (own.state !== 'ok') return tx.refuse('EIO', 'owner.command', { at, why: `the device is ${own.state}` });
  tx.emit({ kind: 'commandStarted', rule: 'owner.command', at, args: { file: key, command: name } }, (w) =>
    w.put('ownership', device, { ...own, commands: [...own.commands, name] }),
  );
  return ok;
}

export function finishCommand(tx: Tx, device: string, name: string): OpResult {
  const own = ownershipOf(tx, device);
  if (!own.commands.includes(name))
    return tx.refuse('EINVAL', 'owner.commandDone', { at: { device }, why: `no command ${name} is under way` });
  tx.emit({ kind: 'commandDone', rule: 'owner.commandDone', at: { device }, args: { command: name } }, (w) =>
    w.patch('ownership', device, { commands: own.commands.filter((command) => command !== name) }),
  );
  return ok;
}

/** The last close of a file: the owner goes, and a context is released, by force where something still holds it. */
export function ownerClosed(tx: Tx, device: string, file: string, node: string, because: number): void {
  const own = ownershipOf(tx, device);
  if (own.owner === file) leaveOwnership(tx, device, file, because);
  if (own.policy !== 'singleUser' || node.startsWith('accel_control') || own.context !== 'active') return;
  const cause = tx.emit(
    { kind: 'contextReleasing', cause: because, rule: 'owner.release', at: { device }, args: { file } },
    (w) => w.patch('ownership', device, { context: 'releasing' }),
  );
  const holders = holdersOf(tx, device);
  if (holders.length === 0) {
    tx.emit({ kind: 'contextReleased', cause, rule: 'owner.release', at: { device } }, (w) =>
      w.patch('ownership', device, { context: 'none' }),
    );
    return;
  }
  const logged = tx.emit({
    kind: 'holdersListed',
    cause,
    rule: 'owner.release.held',
    at: { device },
    args: { holders: [...holders] },
  });
  hardReset(tx, device, logged);
}

/** What is held is told where it can be; importers that cannot be told find nothing behind their addresses. */
function hardReset(tx: Tx, device: string, because: number): void {
  const own = ownershipOf(tx, device);
  const cause = tx.emit({ kind: 'hardReset', cause: because, rule: 'owner.reset', at: { device } }, (w) =>
    w.patch('ownership', device, { state: 'inReset', commands: [], resets: own.resets + 1 }),
  );
  for (const { dmaBuf } of exportsOf(tx, device)) {
    const object = tx.get('dmaBuf', dmaBuf)?.object ?? null;
    revoke(tx, dmaBuf, cause);
    for (const [name, tie] of Object.entries(tx.world.records.attachment)) {
      if (tie.dmaBuf !== dmaBuf || tie.mapping === 'none') continue;
      tx.emit(
        {
          kind: 'importerCut',
          cause,
          rule: 'owner.reset.importer',
          at: { device: tie.importer },
          args: { attachment: name },
        },
        (w) => {
          w.rewrite('importPte', name, 0, PageMap.limit, () => null);
          w.rewrite('sgTable', name, 0, PageMap.limit, () => null);
          w.patch('attachment', name, { mapping: 'none', revoked: true, pins: 0 });
          const held = object === null ? null : w.get('object', object);
          if (held !== null && object !== null) w.patch('object', object, { pins: Math.max(0, held.pins - tie.pins) });
        },
      );
    }
    if (object !== null) letGoOfObject(tx, object, cause);
  }
}

/** The reset ends; what the device remembers is wiped next. */
export function finishReset(tx: Tx, device: string): OpResult {
  if (ownershipOf(tx, device).state !== 'inReset')
    return tx.refuse('EINVAL', 'owner.resetDone', { at: { device }, why: `${device} is not in reset` });
  tx.emit({ kind: 'resetDone', rule: 'owner.resetDone', at: { device } }, (w) =>
    w.patch('ownership', device, { state: 'needsScrub' }),
  );
  return ok;
}

/** The memory is wiped: the device is free for the next user. */
export function finishScrub(tx: Tx, device: string): OpResult {
  if (ownershipOf(tx, device).state !== 'needsScrub')
    return tx.refuse('EINVAL', 'owner.scrubDone', {
      at: { device },
      why: `the memory of ${device} is not being scrubbed`,
    });
  tx.emit({ kind: 'scrubDone', rule: 'owner.scrubDone', at: { device } }, (w) =>
    w.patch('ownership', device, { state: 'ok', context: 'none' }),
  );
  return ok;
}

/** Somebody asks who keeps a device busy. */
export function listHolders(tx: Tx, device: string): OpResult {
  tx.emit({ kind: 'holdersListed', rule: 'owner.list', at: { device }, args: { holders: [...holdersOf(tx, device)] } });
  return ok;
}
