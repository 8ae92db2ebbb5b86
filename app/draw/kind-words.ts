import type { GraphEdge } from '../contract/frame.ts';

const kindWords: ReadonlyMap<string, string> = new Map([
  ['pcie', 'PCIe'],
  ['nvlink', 'NVLink'],
  ['xgmi', 'xGMI'],
  ['c2c', 'C2C'],
  ['upi', 'UPI'],
  ['cxl', 'CXL'],
  ['ddr', 'DDR'],
  ['hbm', 'HBM'],
]);

/** The word of a kind of link as its makers write it; empty where it has none. */
export const kindWord = (kind: GraphEdge['kind']): string => kindWords.get(kind) ?? '';
