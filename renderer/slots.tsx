import { GraphCanvas } from './graph/canvas.tsx';
import { Timeline } from './timeline/timeline.tsx';

export function MachineSlot() {
  return <GraphCanvas />;
}
export function TimelineSlot() {
  return <Timeline />;
}
