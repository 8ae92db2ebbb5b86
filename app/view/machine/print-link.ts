/** PCIe links in words. */
import { printRate } from '../../base/format.ts';
import { isDegraded, linkGBs, pcieGBs, type PciLink } from '../../model/topology.ts';

const generations = new Map([
  [2.5, 1],
  [5, 2],
  [8, 3],
  [16, 4],
  [32, 5],
  [64, 6],
]);

const lanes = (speed: number | null, width: number | null): string => {
  const generation = speed === null ? undefined : generations.get(speed);
  return [width === null ? '' : `x${width}`, generation === undefined ? '' : `gen${generation}`]
    .filter((part) => part !== '')
    .join(' ');
};

/** "x16 gen5 · 63 GB/s" as it runs; "up to x16 gen5 · 63 GB/s" where only what it can is told. */
export function printLink(link: PciLink): string | null {
  const runs = lanes(link.currentSpeed, link.currentWidth);
  const rate = linkGBs(link);
  const can = lanes(link.maxSpeed, link.maxWidth);
  const most = pcieGBs(link.maxSpeed, link.maxWidth);
  const parts =
    runs !== '' || rate !== null
      ? [runs, rate === null ? '' : printRate(rate)]
      : [can === '' ? '' : `up to ${can}`, most === null ? '' : printRate(most)];
  return parts.filter((part) => part !== '').join(' · ') || null;
}

/** "x8 of x16, gen3 of gen4" where a link runs below what both its ends can; else null. */
export function printDegraded(link: PciLink): string | null {
  if (!isDegraded(link)) return null;
  const generation = (speed: number | null): string => `gen${generations.get(speed ?? 0) ?? '?'}`;
  const parts = [
    link.currentWidth !== link.maxWidth && link.currentWidth !== null
      ? `x${link.currentWidth} of x${link.maxWidth}`
      : '',
    link.currentSpeed !== link.maxSpeed && link.currentSpeed !== null
      ? `${generation(link.currentSpeed)} of ${generation(link.maxSpeed)}`
      : '',
  ];
  return parts.filter((part) => part !== '').join(', ');
}
