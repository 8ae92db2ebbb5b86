/**
 * Entries of a device's own page table (a mirror): columns word, frame. A page without an entry is INVALID: the device
 * faults on it. `atomic` is a permission of its own: it does not stand for write.
 */
export const deviceTargets = ['LOCAL', 'SYS', 'PEER_BUS', 'PEER_HOST', 'ERROR'] as const;
export type DeviceTarget = (typeof deviceTargets)[number];

export const deviceFlag = { read: 0x10, write: 0x20, atomic: 0x40 } as const;
const targetMask = 0xf;

export const devicePteWord = (target: DeviceTarget, flags: number): number => deviceTargets.indexOf(target) | flags;
export const deviceTarget = (word: number): DeviceTarget => deviceTargets[word & targetMask] ?? 'ERROR';
export const devicePermits = (word: number, access: 'read' | 'write'): boolean =>
  deviceTarget(word) !== 'ERROR' && (word & (access === 'write' ? deviceFlag.write : deviceFlag.read)) !== 0;
