/** The picture of a machine at one point of a story: functions that came since the boot are in it, as long as they are there. */
import type { GraphView } from '../contract/frame.ts';
import type { ShortNames } from '../model/short-names.ts';
import type { Topology } from '../model/topology.ts';
import type { World } from '../model/world.ts';
import { withHotFunctions } from '../view/hot-functions.ts';
import { machineView } from '../view/machine-view.ts';
import { withOrigins } from '../view/origins-view.ts';
import type { NodeNames } from '../view/relations-view.ts';
import { nodeNames, type OpenDocument } from './document.ts';

export interface Picture {
  readonly machine: Topology;
  readonly names: ShortNames;
  readonly graph: GraphView;
  readonly nodes: NodeNames;
}

/** Pictures by document and by the table of late functions, which is the same one in all worlds until it changes. */
const known = new WeakMap<OpenDocument, WeakMap<World['records']['hotFunction'], Picture>>();

export function pictureAt(open: OpenDocument, world: World): Picture {
  const { hotFunction } = world.records;
  if (Object.keys(hotFunction).length === 0) return open;
  const pictures = known.get(open) ?? new WeakMap<World['records']['hotFunction'], Picture>();
  known.set(open, pictures);
  const made = pictures.get(hotFunction);
  if (made !== undefined) return made;
  const { machine, names } = withHotFunctions(open.machine, open.names, world);
  const graph = withOrigins(machineView(machine, { names, shown: open.shown }), machine);
  const picture = { machine, names, graph, nodes: nodeNames(names, graph) };
  pictures.set(hotFunction, picture);
  return picture;
}
