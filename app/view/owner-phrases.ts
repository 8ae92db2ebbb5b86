/** Words for what events of device nodes and owners tell. */
import type { Json } from '../base/json.ts';

const list = (value: Json): string =>
  Array.isArray(value) ? (value as readonly Json[]).map(String).join(', ') : String(value);

/** Words for the arguments of these events that are worth a glance. */
export const ownerPhrases: Readonly<Record<string, (value: Json) => string>> = {
  table: (v) => `table ${String(v)}`,
  id: (v) => `number ${String(v)}`,
  pointer: (v) => (v === null ? 'NULL' : String(v)),
  old: (v) => (v === null ? '' : `was ${String(v)}`),
  stored: (v) => (v === false ? 'nothing is stored' : ''),
  free: (v) => (v === true ? 'free now' : 'still taken'),
  node: (v) => (typeof v === 'string' ? v : `node ${String(v)}`),
  file: String,
  queue: String,
  pasid: (v) => (v === null ? '' : `PASID ${String(v)}`),
  holders: list,
  command: String,
  policy: String,
  cycle: (v) => (Array.isArray(v) ? (v as readonly Json[]).map(String).join(' needs ') : ''),
  formats: list,
  severity: String,
  phase: (v) => (v === 'add' ? 'adding up' : 'spreading'),
  step: (v) => (typeof v === 'number' ? `step ${v + 1}` : ''),
  counters: (v) =>
    Array.isArray(v)
      ? (v as readonly { readonly name: string; readonly value: number }[])
          .map((c) => `${c.name} ${c.value}`)
          .join(', ')
      : '',
};
