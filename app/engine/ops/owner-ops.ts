/** Operations on who is in charge of a device, and on modules. */
import { z } from 'zod';
import { ownerPolicies } from '../../model/owners.ts';
import { arg, defineOp } from '../define-op.ts';
import { authenticate, dropMaster, lease, setMaster } from '../owners/drm-master.ts';
import { buildModule, dropModule, loadModule, unloadModule } from '../owners/modules.ts';
import { removePagemap } from '../owners/pagemap.ts';
import {
  dropOwner,
  finishCommand,
  finishReset,
  finishScrub,
  listHolders,
  runCommand,
  setDeviceState,
  setOwner,
  setOwnerPolicy,
} from '../owners/ownership.ts';
import { nodeFile as file } from './node-ops.ts';

const device = arg.name;
const admin = z.boolean().default(false).describe('who asks has CAP_SYS_ADMIN');
const symbols = z.array(arg.name).max(64).default([]);

export const setMasterOp = defineOp(
  'setMaster',
  'A process asks to be master of a graphics device.',
  { file, admin },
  (tx, op) => setMaster(tx, op.by, op.file, op.admin),
);

export const dropMasterOp = defineOp(
  'dropMaster',
  'The master of a graphics device gives it up.',
  { file, admin },
  (tx, op) => dropMaster(tx, op.by, op.file, op.admin),
);

export const leaseMaster = defineOp(
  'leaseMaster',
  'The master leases a part of the device to a new file.',
  { file, as: file },
  (tx, op) => lease(tx, op.by, op.file, op.as),
);

export const authenticateOp = defineOp(
  'authenticate',
  'The master vouches for another open file of the device.',
  { file, other: file },
  (tx, op) => authenticate(tx, op.by, op.file, op.other),
);

export const ownerPolicyOp = defineOp(
  'ownerPolicy',
  'A driver decides who may use its device: everybody, one exclusive owner, or a single user.',
  { device, policy: z.enum(ownerPolicies) },
  (tx, op) => setOwnerPolicy(tx, op.device, op.policy),
);

export const deviceStateOp = defineOp(
  'deviceState',
  'A device is found to malfunction, is disabled, or is well again.',
  { device, state: z.enum(['ok', 'malfunction', 'disabled']) },
  (tx, op) => setDeviceState(tx, op.device, op.state),
);

export const setOwnerOp = defineOp('setOwner', 'A process claims a device for itself.', { file }, (tx, op) =>
  setOwner(tx, op.by, op.file),
);

export const dropOwnerOp = defineOp('dropOwner', 'The exclusive owner gives the device up.', { file }, (tx, op) =>
  dropOwner(tx, op.by, op.file),
);

export const command = defineOp(
  'command',
  'A process starts a command on a device through an open file; it runs until commandDone.',
  { file, name: arg.name },
  (tx, op) => runCommand(tx, op.by, op.file, op.name),
);

export const commandDone = defineOp(
  'commandDone',
  'A device has done a command.',
  { device, name: arg.name },
  (tx, op) => finishCommand(tx, op.device, op.name),
);

export const resetDone = defineOp('resetDone', 'The hard reset of a device ends.', { device }, (tx, op) =>
  finishReset(tx, op.device),
);

export const scrubDone = defineOp(
  'scrubDone',
  'The memory of a device has been wiped after a reset.',
  { device },
  (tx, op) => finishScrub(tx, op.device),
);

export const holders = defineOp('holders', 'Somebody asks who keeps a device busy.', { device }, (tx, op) =>
  listHolders(tx, op.device),
);

export const removePagemapOp = defineOp(
  'removePagemap',
  'A driver takes the memory of its device away; it waits until no page of it is in use.',
  { device },
  (tx, op) => removePagemap(tx, op.device),
);

export const moduleBuild = defineOp(
  'moduleBuild',
  'A kernel module is built: what it exports, and what it needs of others.',
  { name: arg.name, exports: symbols, needs: symbols },
  (tx, op) => buildModule(tx, op.name, op.exports, op.needs),
);

export const moduleDrop = defineOp('moduleDrop', 'A module is taken out of the tree.', { name: arg.name }, (tx, op) =>
  dropModule(tx, op.name),
);

export const moduleLoad = defineOp('moduleLoad', 'A module is loaded and linked.', { name: arg.name }, (tx, op) =>
  loadModule(tx, op.name),
);

export const moduleUnload = defineOp('moduleUnload', 'A module is unloaded.', { name: arg.name }, (tx, op) =>
  unloadModule(tx, op.name),
);
