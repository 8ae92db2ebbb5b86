/** Numbers as people read them. */

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** "256 MiB", "1.5 GiB": binary units, at most one decimal. */
export function printBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${Number.isInteger(value) ? value : value.toFixed(1)} ${units[unit] ?? ''}`;
}

/** 0x7fff_0000: an address or a frame number, in groups of four. */
export function printHex(value: number): string {
  const digits = value.toString(16);
  return `0x${digits.length <= 6 ? digits : digits.replace(/\B(?=(.{4})+$)/g, '_')}`;
}

/** "63 GB/s", "15.8 GB/s" */
export const printRate = (gigabytesPerSecond: number): string =>
  `${gigabytesPerSecond >= 100 ? Math.round(gigabytesPerSecond) : Math.round(gigabytesPerSecond * 10) / 10} GB/s`;

/** "546 ns", "66.6 µs", "10.1 ms", "1.2 s": simulated time from integer ns. */
export function printTime(ns: number): string {
  if (ns < 1000) return `${ns} ns`;
  const [value, unit] = ns < 1e6 ? [ns / 1e3, 'µs'] : ns < 1e9 ? [ns / 1e6, 'ms'] : [ns / 1e9, 's'];
  const rounded = value.toFixed(1);
  return `${rounded.endsWith('.0') ? rounded.slice(0, -2) : rounded} ${unit}`;
}

export const plural = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;
