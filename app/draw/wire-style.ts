import type { GraphEdge } from '../contract/frame.ts';
import type { Role } from './theme.ts';

/** How a kind of wire is drawn, and its word in the legend. */
export interface WireStyle {
  readonly word: string;
  readonly role: Role;
  readonly width: number;
  readonly dash: string | null;
}

const style = (word: string, width: number, dash: string | null = null, role: Role = 'control-edge'): WireStyle => ({
  word,
  role,
  width,
  dash,
});

const styles: { readonly [K in GraphEdge['kind']]: WireStyle } = {
  ddr: style('memory channel', 1.8),
  hbm: style('HBM', 2.6),
  pcie: style('PCIe', 1.8),
  cxl: style('CXL', 1.8, '8 3'),
  nvlink: style('NVLink', 2.6, null, 'accent'),
  xgmi: style('xGMI', 2.6, null, 'accent'),
  c2c: style('C2C', 3.2, null, 'accent'),
  upi: style('socket link', 3),
  'on-package': style('inside the package', 1.6, '2 3'),
  network: style('network', 1.8, '2 3'),
  contains: style('contains', 1.4),
  unknown: style('link', 1.4, '3 3'),
};

export const wireStyle = (kind: GraphEdge['kind']): WireStyle => styles[kind];

/** Of the lane of a mesh whose members are not all joined alike: no line from one to the other. */
export const listedDash = '1 5';
