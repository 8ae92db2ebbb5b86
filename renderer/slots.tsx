import { MachineOutline } from './inspector/machine-outline.tsx';

export function MachineSlot() {
  return <MachineOutline />;
}
export function TimelineSlot() {
  return <div />;
}
