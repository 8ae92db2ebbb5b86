/**
 * Kernel modules are linked when they are loaded: every symbol that one needs must be there by then.
 *
 *      drm needs accel's fops, accel needs drm's minors      neither loads: ENOENT
 *      accel's objects are linked into drm                   drm loads
 *
 * Models resolve_symbol_wait and simplify_symbols of kernel/module/main.c, and the cycle that kept the accel core from
 * being a module of its own (drivers/accel/drm_accel.c is linked into drm.ko).
 */
import type { KernelModule } from '../../model/owners.ts';
import type { OpResult } from '../event.ts';
import { ok, type Tx } from '../tx.ts';

type Modules = Readonly<Record<string, KernelModule>>;

/** Who would have to be loaded before a module, by name. */
function needsModules(modules: Modules, name: string): readonly string[] {
  const module = modules[name];
  if (module === undefined) return [];
  const open = module.needs.filter((symbol) => !module.exports.includes(symbol));
  return Object.entries(modules).flatMap(([other, { exports }]) =>
    other !== name && exports.some((symbol) => open.includes(symbol)) ? [other] : [],
  );
}

/** A cycle through a module, starting and ending with it; null: there is none. */
export function cycleOf(modules: Modules, name: string): readonly string[] | null {
  const paths: string[][] = [[name]];
  const seen = new Set<string>();
  for (let path = paths.shift(); path !== undefined; path = paths.shift()) {
    for (const next of needsModules(modules, path[path.length - 1] ?? name)) {
      if (next === name) return [...path, name];
      if (seen.has(next)) continue;
      seen.add(next);
      paths.push([...path, next]);
    }
  }
  return null;
}

/** A module as it was built: what it exports, and what it needs of others. A loaded one cannot be built again. */
export function buildModule(tx: Tx, name: string, exports: readonly string[], needs: readonly string[]): OpResult {
  if (tx.get('module', name)?.loaded === true)
    return tx.refuse('ETXTBSY', 'module.build', { why: `${name} is loaded: unload it first` });
  tx.emit(
    { kind: 'moduleBuilt', rule: 'module.build', args: { name, exports: [...exports], needs: [...needs] } },
    (w) => w.put('module', name, { exports, needs, loaded: false }),
  );
  const cycle = cycleOf(tx.world.records.module, name);
  if (cycle !== null)
    tx.emit({
      kind: 'moduleCycle',
      cause: tx.events.length - 1,
      rule: 'module.cycle',
      fn: 'depmod',
      args: { cycle: [...cycle] },
    });
  return ok;
}

/** A built module is taken out of the tree. */
export function dropModule(tx: Tx, name: string): OpResult {
  const module = tx.get('module', name);
  if (module === null || module.loaded)
    return tx.refuse(module === null ? 'ENOENT' : 'ETXTBSY', 'module.drop', {
      why: module === null ? `there is no module ${name}` : `${name} is loaded`,
    });
  tx.emit({ kind: 'moduleDropped', rule: 'module.drop', args: { name } }, (w) => w.put('module', name, null));
  return ok;
}

/** ENOENT for a symbol that no loaded module has; EEXIST where it is loaded already. */
export function loadModule(tx: Tx, name: string): OpResult {
  const fn = 'load_module';
  const modules = tx.world.records.module;
  const module = tx.get('module', name);
  if (module === null) return tx.refuse('ENOENT', 'module.load', { why: `there is no module ${name}`, fn });
  if (module.loaded) return tx.refuse('EEXIST', 'module.load', { why: `${name} is loaded already`, fn });
  const there = new Set(Object.values(modules).flatMap((other) => (other.loaded ? other.exports : [])));
  const missing = module.needs.filter((symbol) => !there.has(symbol) && !module.exports.includes(symbol));
  if (missing.length > 0)
    return tx.refuse('ENOENT', 'module.load.symbol', {
      why: `unknown symbol ${missing.join(', ')}`,
      fn: 'simplify_symbols',
    });
  tx.emit({ kind: 'moduleLoaded', rule: 'module.load', args: { name } }, (w) =>
    w.patch('module', name, { loaded: true }),
  );
  return ok;
}

/** EAGAIN while another loaded module uses it. */
export function unloadModule(tx: Tx, name: string): OpResult {
  const fn = 'delete_module';
  const module = tx.get('module', name);
  if (module === null || !module.loaded)
    return tx.refuse('ENOENT', 'module.unload', { why: `${name} is not loaded`, fn });
  const users = Object.entries(tx.world.records.module).flatMap(([other, each]) =>
    each.loaded && needsModules(tx.world.records.module, other).includes(name) ? [other] : [],
  );
  if (users.length > 0) return tx.refuse('EAGAIN', 'module.unload.used', { why: `${users.join(', ')} uses it`, fn });
  tx.emit({ kind: 'moduleUnloaded', rule: 'module.unload', args: { name } }, (w) =>
    w.patch('module', name, { loaded: false }),
  );
  return ok;
}
