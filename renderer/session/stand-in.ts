import { client } from '../client.ts';
import { useFrame } from '../stores/frame.ts';
import { useSelection } from '../stores/selection.ts';
import { reportLost } from './lost.ts';

/**
 * Finds the node of the picture that stands for a selected part which is not drawn by itself: for a core its CPU, for a
 * port its bridge. Returns the end of it.
 */
export function findStandIns(): () => void {
  return useSelection.subscribe(({ selected }, before) => {
    if (selected === before.selected) return;
    if (useSelection.getState().standIn !== null) useSelection.setState({ standIn: null });
    if (selected?.kind !== 'node' || useFrame.getState().frame === null || useFrame.getState().nodes.has(selected.id))
      return;
    client()
      .request('part', selected.id)
      .then((part) => {
        if (useSelection.getState().selected === selected) useSelection.setState({ standIn: part?.row.drawn ?? null });
      }, reportLost);
  });
}
