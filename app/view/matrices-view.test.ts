import { describe, expect, it } from 'vitest';
import { describedIn, hasDescriptions, machineOf } from '../topology/testing/oracle.ts';
import { indexMatrices, matrixView } from './matrices-view.ts';
import { openedText } from './testing/opened.ts';

const numactl =
  'available: 2 nodes (0-1)\nnode 0 cpus: 0 1\nnode 0 size: 64 MB\nnode 1 cpus:\nnode 1 size: 64 MB\nnode distances:\nnode   0   1\n  0:  10  21\n  1:  21  10\n';
const topo =
  '\tGPU0\tGPU1\tGPU2\tCPU Affinity\nGPU0\t X \tNV4\tSYS\t0-7\nGPU1\tNV4\t X \tPIX\t0-7\nGPU2\tSYS\tPIX\t X \t0-7\n';
const whole = { start: 0, end: 99 };

describe('matrices', () => {
  it('have the extremes of what is not the diagonal', () => {
    const { machine, index } = openedText('numactl', numactl);
    const [matrix] = indexMatrices(machine, index);
    expect(matrix!.head).toMatchObject({ name: 'NUMA distance', rows: 2, least: 21, most: 21, unknown: 0 });
    expect(
      matrixView([matrix!], index, { id: 'matrix:0', rows: whole, columns: whole, reveal: 'numa:1' }),
    ).toMatchObject({
      values: [10, 21, 21, 10],
      revealed: { row: 1, column: 1 },
    });
  });

  it('order the words of paths from near to far', () => {
    const { machine, index } = openedText('topo', topo);
    const matrix = indexMatrices(machine, index).find(({ head }) => head.means === 'path');
    expect(matrix!.head.words).toEqual(['NV4', 'PIX', 'SYS']);
    expect(matrix!.head.note).toMatch(/not which wires/);
  });

  it('answer with the stretch of rows and columns that is asked for', () => {
    const { machine, index } = openedText('topo', topo);
    const matrices = indexMatrices(machine, index);
    const cut = matrixView(matrices, index, {
      id: matrices[0]!.head.id,
      rows: { start: 1, end: 2 },
      columns: { start: 1, end: 9 },
      reveal: null,
    })!;
    expect([cut.rowStart, cut.columnStart, cut.rows.length, cut.columns.length]).toEqual([1, 1, 1, 2]);
    expect(cut.values.at(-1)).toBe('PIX');
    expect(matrixView(matrices, index, { id: 'none', rows: whole, columns: whole, reveal: null })).toBeNull();
  });

  it('leave what no attribute tells unknown', () => {
    const xml =
      '<topology version="2.0"><object type="Machine" cpuset="0x3" nodeset="0x3" gp_index="1"><object type="NUMANode" os_index="0" cpuset="0x1" nodeset="0x1" gp_index="3" local_memory="1"/><object type="NUMANode" os_index="1" cpuset="0x2" nodeset="0x2" gp_index="4" local_memory="1"/><object type="PU" os_index="0" cpuset="0x1" gp_index="5"/><object type="PU" os_index="1" cpuset="0x2" gp_index="6"/></object><memattr name="Bandwidth" flags="5"><memattr_value target_obj_type="NUMANode" target_obj_gp_index="3" value="20" initiator_cpuset="0x1"/><memattr_value target_obj_type="NUMANode" target_obj_gp_index="4" value="10" initiator_cpuset="0x2"/></memattr></topology>';
    const { machine, index } = openedText('m.xml', xml);
    const [matrix] = indexMatrices(machine, index);
    expect(matrix!.values).toEqual([20, null, null, 10]);
    expect(matrix!.head).toMatchObject({ axes: ['initiator', 'memory'], unknown: 2, least: 10, most: 20 });
  });

  it.skipIf(!hasDescriptions)('of every description in the collection can be asked for', () => {
    for (const name of describedIn('hwloc-xml', /xml$/)) {
      const machine = machineOf(`hwloc-xml/${name}`);
      const { index } = openedText('t', '-+-[0000:00]-+-00.0  GPU\n');
      for (const { head } of indexMatrices(machine, index))
        expect(head.rows * head.columns, `${name} ${head.name}`).toBeGreaterThan(0);
    }
  });
});
