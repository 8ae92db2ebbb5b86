/**
 * Error reports of a device: what was merged, and the menu of formats that was proposed before it.
 *
 *      2026   list nodes -> 0 "error-counter"    get counter (0, 1) -> 1      one typed channel, netlink
 *      2022   capabilities -> 0b00000011         read as one of them -> bytes
 *
 * Models drm_ras_node_register and the netlink handlers of drivers/gpu/drm/drm_ras.c (family "drm-ras", version 1, for
 * administrators only), and the capability bits of the mail of November 2022.
 */
import type { JsonObject } from '../../base/json.ts';
import type { RasCounter, RasNode } from '../../model/owners.ts';
import { decodeRasFormats, unknownRasBits, type RasFormat } from '../../model/ras-formats.ts';
import type { OpResult } from '../event.ts';
import { ok, type Tx } from '../tx.ts';
import { callMinor, makeMinorTable } from './minor-table.ts';

/** Numbers of nodes come from an allocating XArray (drm_ras_xa). */
const table = 'ras';
const lastNode = 2 ** 20 - 1;

export interface RasRegistration {
  readonly device: string;
  readonly name: string;
  readonly first: number;
  readonly last: number;
  /** Names of the counters that there are, by id. */
  readonly counters: Readonly<Record<string, string>>;
}

export function rasRegister(tx: Tx, { device, name, first, last, counters }: RasRegistration): OpResult {
  const at = { device };
  const fn = 'drm_ras_node_register';
  if (tx.get('device', device) === null)
    return tx.refuse('ENODEV', 'ras.register', { at, why: `no device ${device} in this machine`, fn });
  if (last === 0)
    return tx.refuse('EINVAL', 'ras.register', { at, why: 'a node of counters says which id is the last', fn });
  const cause = tx.emit({ kind: 'rasRegistered', rule: 'ras.register', at, args: { name, first, last } });
  if (tx.get('minorTable', table) === null) makeMinorTable(tx, table, 'xarrayAlloc', lastNode, cause);
  const said = callMinor(tx, 'alloc', { table, pointer: device, cause });
  if ('refusal' in said) return said.refusal;
  const id = said.id;
  tx.emit({ kind: 'rasNodeListed', cause, rule: 'ras.register', at, args: { id, name } }, (w) => {
    w.put('rasNode', String(id), { device, name, type: 'error-counter', first, last });
    for (const [counter, word] of Object.entries(counters))
      w.put('rasCounter', `${id}.${counter}`, { name: word, value: 0 });
  });
  return ok;
}

export function rasUnregister(tx: Tx, id: number): OpResult {
  const node = tx.get('rasNode', String(id));
  if (node === null)
    return tx.refuse('ENOENT', 'ras.unregister', { why: `there is no node ${id}`, fn: 'drm_ras_node_unregister' });
  const cause = tx.emit(
    { kind: 'rasUnregistered', rule: 'ras.unregister', at: { device: node.device }, args: { id } },
    (w) => {
      w.put('rasNode', String(id), null);
      for (const [key] of countersOf(tx, id)) w.put('rasCounter', key, null);
    },
  );
  callMinor(tx, 'erase', { table, id, cause });
  return ok;
}

/** Counters of a node by key, in the order of their ids. */
function countersOf(tx: Tx, id: number): readonly (readonly [string, RasCounter])[] {
  return Object.entries(tx.world.records.rasCounter)
    .filter(([key]) => key.startsWith(`${id}.`))
    .sort(([a], [b]) => Number(a.slice(a.indexOf('.') + 1)) - Number(b.slice(b.indexOf('.') + 1)));
}

/** Requests of the family are for administrators (GENL_ADMIN_PERM); null: go on. */
function forAdministrators(tx: Tx, admin: boolean, rule: string): OpResult | null {
  return admin
    ? null
    : tx.refuse('EPERM', rule, {
        why: 'the family is for administrators: CAP_NET_ADMIN is missing',
        fn: 'genl_rcv_msg',
      });
}

export function rasList(tx: Tx, admin: boolean): OpResult {
  const denied = forAdministrators(tx, admin, 'ras.list');
  if (denied !== null) return denied;
  const nodes = Object.entries(tx.world.records.rasNode)
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([id, node]): JsonObject => ({ id: Number(id), device: node.device, name: node.name, type: node.type }));
  tx.emit({ kind: 'rasRead', rule: 'ras.list', fn: 'drm_ras_nl_list_nodes_dumpit', args: { nodes } });
  return ok;
}

/** The counter that a request means, or its refusal: ENOENT for what is not there, EINVAL outside the node's range. */
function counterOf(
  tx: Tx,
  id: number,
  counter: number,
  rule: string,
  fn: string,
): (RasCounter & { readonly node: RasNode }) | { readonly refusal: OpResult } {
  const node = tx.get('rasNode', String(id));
  if (node === null) return { refusal: tx.refuse('ENOENT', rule, { why: `there is no node ${id}`, fn }) };
  const at = { device: node.device };
  if (counter < node.first || counter > node.last)
    return {
      refusal: tx.refuse('EINVAL', rule, { at, why: `ids of this node go from ${node.first} to ${node.last}`, fn }),
    };
  const found = tx.get('rasCounter', `${id}.${counter}`);
  return found === null
    ? { refusal: tx.refuse('ENOENT', rule, { at, why: `the driver has no counter ${counter}`, fn }) }
    : { ...found, node };
}

export function rasGet(tx: Tx, id: number, counter: number, admin: boolean): OpResult {
  const denied = forAdministrators(tx, admin, 'ras.get');
  if (denied !== null) return denied;
  const fn = 'drm_ras_nl_get_error_counter_doit';
  const found = counterOf(tx, id, counter, 'ras.get', fn);
  if ('refusal' in found) return found.refusal;
  const counters = [{ id: counter, name: found.name, value: found.value }];
  tx.emit({ kind: 'rasRead', rule: 'ras.get', fn, at: { device: found.node.device }, args: { node: id, counters } });
  return ok;
}

/** All counters of a node; ids that the driver does not have are left out without a word. */
export function rasDump(tx: Tx, id: number, admin: boolean): OpResult {
  const denied = forAdministrators(tx, admin, 'ras.dump');
  if (denied !== null) return denied;
  const fn = 'drm_ras_nl_get_error_counter_dumpit';
  const node = tx.get('rasNode', String(id));
  if (node === null) return tx.refuse('ENOENT', 'ras.dump', { why: `there is no node ${id}`, fn });
  const counters: JsonObject[] = [];
  for (let counter = node.first; counter <= node.last; counter++) {
    const found = tx.get('rasCounter', `${id}.${counter}`);
    if (found !== null) counters.push({ id: counter, name: found.name, value: found.value });
  }
  tx.emit({ kind: 'rasRead', rule: 'ras.dump', fn, at: { device: node.device }, args: { node: id, counters } });
  return ok;
}

export function rasClear(tx: Tx, id: number, counter: number, admin: boolean): OpResult {
  const denied = forAdministrators(tx, admin, 'ras.clear');
  if (denied !== null) return denied;
  const found = counterOf(tx, id, counter, 'ras.clear', 'drm_ras_nl_clear_error_counter_doit');
  if ('refusal' in found) return found.refusal;
  tx.emit(
    {
      kind: 'rasCleared',
      rule: 'ras.clear',
      at: { device: found.node.device },
      args: { node: id, counter, was: found.value },
    },
    (w) => w.patch('rasCounter', `${id}.${counter}`, { value: 0 }),
  );
  return ok;
}

/** A driver of the proposal says which formats it can report errors in. */
export function rasOffer(tx: Tx, device: string, mask: number): OpResult {
  if (tx.get('device', device) === null)
    return tx.refuse('ENODEV', 'ras.offer', { at: { device }, why: `no device ${device} in this machine` });
  tx.emit({ kind: 'rasFormatsOffered', rule: 'ras.offer', at: { device }, args: { mask } }, (w) =>
    w.put('rasFormats', device, { mask }),
  );
  return ok;
}

/** The ioctl of the proposal: a mask, and what it stands for. */
export function rasCapabilities(tx: Tx, device: string): OpResult {
  const offered = tx.get('rasFormats', device);
  if (offered === null)
    return tx.refuse('EOPNOTSUPP', 'ras.capabilities', { at: { device }, why: 'the driver offers no formats' });
  const formats = [...decodeRasFormats(offered.mask)];
  tx.emit({
    kind: 'rasCapabilitiesRead',
    rule: 'ras.capabilities',
    at: { device },
    args: { mask: offered.mask, formats, unknown: unknownRasBits(offered.mask) },
  });
  return ok;
}

/** All counters of a device as bytes of one format: what the reader makes of them is up to the reader. */
export function rasReport(tx: Tx, device: string, format: RasFormat): OpResult {
  const offered = tx.get('rasFormats', device);
  if (offered === null || !decodeRasFormats(offered.mask).includes(format))
    return tx.refuse('EOPNOTSUPP', 'ras.report', { at: { device }, why: `the driver does not report as ${format}` });
  const nodes = Object.entries(tx.world.records.rasNode).filter(([, node]) => node.device === device);
  const errors = nodes
    .flatMap(([id]) => countersOf(tx, Number(id)))
    .reduce((sum, [, counter]) => sum + counter.value, 0);
  tx.emit({ kind: 'rasReported', rule: 'ras.report', at: { device }, args: { format, errors } });
  return ok;
}
