import { describe, expect, it } from 'vitest';
import { derivedMatrices } from './derived-matrices.ts';
import { openedMachine, openedText } from './testing/opened.ts';

const cell = (matrix: ReturnType<typeof derivedMatrices>[number], row: string, column: string) =>
  matrix.values[matrix.rows.indexOf(row) * matrix.columns.length + matrix.columns.indexOf(column)];

describe('matrices that are worked out', () => {
  it('name the path between two devices as nvidia-smi does', () => {
    const { machine } = openedMachine('dual-socket');
    const matrix = derivedMatrices(machine).find(({ name }) => name === 'PCIe paths')!;
    const of = (bdf: string) => machine.objects.find((object) => 'bdf' in object && object.bdf === bdf)!.id;
    const [gpu, nic, accel, nvme] = ['0000:18:00.0', '0000:19:00.0', '0000:6a:01.0', '0000:98:00.0'].map(of);
    expect(cell(matrix, gpu!, nic!)).toBe('PIX');
    expect(cell(matrix, gpu!, accel!)).toBe('NODE');
    expect(cell(matrix, gpu!, nvme!)).toBe('SYS');
    expect(cell(matrix, gpu!, gpu!)).toBeNull();
    expect(cell(matrix, nvme!, gpu!)).toBe('SYS');
  });

  it('say what several switches and a host bridge put between two devices', () => {
    const tree = (children: string) =>
      `<system version="1"><cpu numaid="0" affinity="ff" arch="x86_64" vendor="AuthenticAMD" familyid="175" modelid="1">${children}</cpu></system>`;
    const gpu = (busid: string) => `<pci busid="${busid}" class="0x030200"/>`;
    const bridge = (busid: string, inner: string) => `<pci busid="${busid}" class="0x060400">${inner}</pci>`;
    const { machine } = openedText(
      't.xml',
      tree(
        bridge(
          '0000:01:00.0',
          bridge('0000:02:00.0', bridge('0000:03:00.0', gpu('0000:04:00.0') + gpu('0000:05:00.0'))) +
            bridge('0000:06:00.0', bridge('0000:07:00.0', gpu('0000:08:00.0'))),
        ),
      ),
    );
    const matrix = derivedMatrices(machine).find(({ name }) => name === 'PCIe paths')!;
    expect(cell(matrix, 'pci:0000:04:00.0', 'pci:0000:05:00.0')).toBe('PIX');
    expect(cell(matrix, 'pci:0000:04:00.0', 'pci:0000:08:00.0')).toBe('PXB');
  });

  it('add up the links between two devices, and know of no link where the source tells of links', () => {
    const gpu = (bus: string, links: string) =>
      `<pci busid="0000:${bus}:00.0" class="0x030200"><gpu dev="0" sm="90">${links}</gpu></pci>`;
    const to = (bus: string, count: number) => `<nvlink target="0000:${bus}:00.0" count="${count}" tclass="0x030200"/>`;
    const { machine } = openedText(
      't.xml',
      `<system version="1"><cpu numaid="0" affinity="ff" arch="x86_64" vendor="AuthenticAMD" familyid="175" modelid="1">${gpu('01', to('02', 4))}${gpu('02', to('01', 4) + to('03', 2))}${gpu('03', to('02', 2))}</cpu></system>`,
    );
    const matrix = derivedMatrices(machine).find(({ name }) => name === 'NVLink links')!;
    expect(cell(matrix, 'pci:0000:01:00.0', 'pci:0000:03:00.0')).toBe(0);
    const [far, near] = [
      cell(matrix, 'pci:0000:03:00.0', 'pci:0000:02:00.0'),
      cell(matrix, 'pci:0000:01:00.0', 'pci:0000:02:00.0'),
    ];
    expect(Number(near) / Number(far)).toBe(2);
  });

  it('are not there where a source has such a matrix itself, or there is nothing to tell', () => {
    const topo =
      '\tGPU0\tGPU1\tGPU2\tCPU Affinity\nGPU0\t X \tNV4\tSYS\t0-7\nGPU1\tNV4\t X \tPIX\t0-7\nGPU2\tSYS\tPIX\t X \t0-7\n';
    expect(derivedMatrices(openedText('t', topo).machine).some(({ name }) => name === 'PCIe paths')).toBe(false);
    expect(derivedMatrices(openedText('t', '-+-[0000:00]-+-00.0  GPU\n').machine)).toEqual([]);
  });
});
