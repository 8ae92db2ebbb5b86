/** Words for what events of late functions and of comparisons tell. */
import type { Json } from '../base/json.ts';

type Row = Readonly<Record<string, Json>>;

/** "accel0 rwa 280 ns (mirror yes, SVA yes, DMA yes)"; "uacce: copied 0, pinned 0" */
function printRow(row: Row): string {
  const { device, kind, mirror, sva, dma, access, latencyNs } = row;
  if (device !== undefined && mirror !== undefined)
    return `${String(device)} ${String(access)}${latencyNs === null ? '' : ` ${String(latencyNs)} ns`} (mirror ${String(mirror)}, SVA ${String(sva)}, DMA ${String(dma)})`;
  if (device !== undefined && row['holds'] !== undefined)
    return `${String(device)} holds ${String(row['of'])}: ${row['by'] === null ? 'nobody can take it back' : `${String(row['by'])} can take it back`}`;
  return `${String(kind)}: ${Object.entries(row)
    .filter(([key, value]) => key !== 'kind' && value !== null)
    .map(([key, value]) => `${key} ${String(value)}`)
    .join(', ')}`;
}

export const memoryPhrases: Readonly<Record<string, (value: Json) => string>> = {
  rows: (v) => (Array.isArray(v) ? (v as readonly Row[]).map(printRow).join('; ') : ''),
  migratePaysFrom: (v) => (v === null ? 'migrating never pays' : `migrating 4 KiB pays from ${String(v)} accesses on`),
  hugePaysFrom: (v) => (v === null ? '' : `2 MiB from ${String(v)} on`),
  engines: (v) => (Array.isArray(v) ? (v as readonly Json[]).map(String).join(', ') : ''),
  below: (v) => `in ${String(v)}`,
  pool: (v) => (v === null ? '' : String(v)),
  found: (v) =>
    Array.isArray(v)
      ? v.length === 0
        ? 'none'
        : (v as readonly Json[]).map(String).join(', ')
      : `${String(v)} pages found`,
};
