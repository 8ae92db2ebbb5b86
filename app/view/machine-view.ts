/**
 * A machine as nodes and edges of one picture. What a thing hangs on or is in is its parent: memory and CPU are in their
 * package, root bridges hang on theirs, switches and devices on the bridge or switch above. Ports are folded into what
 * they belong to: a switch is one node, a root port is part of its bridge; the link of a device is the edge to its parent.
 */
import type { GraphView } from '../contract/frame.ts';
import type { Topology } from '../model/topology.ts';
import { drawDevices, wantedFunctions } from './machine/devices.ts';
import { drawLinks } from './machine/links.ts';
import { drawMemory, drawPlaces } from './machine/places.ts';
import { Sketch, type MachineContext } from './machine/sketch.ts';

export function machineView(topology: Topology, context: MachineContext): GraphView {
  const sketch = new Sketch(topology, context);
  const wanted = wantedFunctions(sketch);
  drawPlaces(sketch);
  drawMemory(sketch, new Set(wanted.map((fn) => fn.id)));
  drawDevices(sketch, wanted);
  drawLinks(sketch);
  return { nodes: sketch.nodes, edges: sketch.edges };
}
