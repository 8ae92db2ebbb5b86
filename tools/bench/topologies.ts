/**
 * From the file to the picture: reading, the graph, the layout and the SVG of the largest hwloc XML and of a DGX-2, each
 * alone in a process that runs, and as whole processes beside `lstopo -i FILE out.svg` where lstopo is installed.
 * An lstopo that does not know a version of the format is said to refuse it: then the same machine in an older one counts.
 *
 * Run with: npm run bench topologies
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { draw } from '../../app/draw/draw.ts';
import { svgOf } from '../../app/draw/svg.ts';
import { shortNames } from '../../app/model/short-names.ts';
import { readTopology } from '../../app/topology/read-topology.ts';
import { machineView } from '../../app/view/machine-view.ts';
import { medianRun, memscape, type Run } from './child.ts';
import { isMain, median } from './measure.ts';

const folder = join(process.cwd(), '../shared/data/topologies/hwloc-xml');

function files(): readonly string[] {
  if (!existsSync(folder)) return [];
  const sized = readdirSync(folder)
    .map((name) => ({ name, bytes: statSync(join(folder, name)).size }))
    .sort((a, b) => b.bytes - a.bytes);
  // The largest of all, and the largest that every lstopo reads.
  const largest = [sized[0], sized.find(({ name }) => !name.includes('.v3.'))].flatMap((one) => one?.name ?? []);
  return [...new Set([...largest, ...sized.map(({ name }) => name).filter((name) => name.startsWith('nvidiaDGX2'))])];
}

/** Median of a few runs, in milliseconds, after some that let the compiler settle. */
function timed<T>(act: () => T, runs = 7): { readonly value: T; readonly ms: number } {
  let value = act();
  act();
  const times = Array.from({ length: runs }, () => {
    const started = performance.now();
    value = act();
    return performance.now() - started;
  });
  return { value, ms: median(times) };
}

const ms = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`;

function whole(name: string, result: Run | null): string {
  if (result === null) return `  ${name.padEnd(34)} refuses the file`;
  // /usr/bin/time counts hundredths of a second.
  const spent =
    result.cpuSeconds === null ? '' : result.cpuSeconds < 0.01 ? 'under 10 ms' : ms(result.cpuSeconds * 1000);
  const cpu = spent === '' ? '' : `  ${spent} of processor`;
  const memory = result.peakMegabytes === null ? '' : `  ${result.peakMegabytes.toFixed(0)} MB`;
  return `  ${name.padEnd(34)} ${ms(result.seconds * 1000).padStart(9)}${cpu}${memory}`;
}

export function benchTopologies(): void {
  const wanted = files();
  if (wanted.length === 0) console.log('no machine descriptions beside the project: nothing to measure');
  const lstopo = spawnSync('lstopo', ['--version'], { encoding: 'utf8' }).stdout?.trim() ?? '';
  const out = mkdtempSync(join(tmpdir(), 'memscape-bench-'));
  for (const name of wanted) {
    const path = join(folder, name);
    const bytes = new Uint8Array(readFileSync(path));
    const read = timed(() => {
      const result = readTopology(name, bytes);
      if (!result.ok) throw new Error(JSON.stringify(result.error));
      return result.value;
    });
    const graph = timed(() => machineView(read.value, { names: shortNames(read.value), shown: new Map() }));
    const drawn = timed(() => draw(graph.value), 3);
    const svg = timed(() =>
      svgOf(graph.value, drawn.value, {
        theme: 'light',
        title: name,
        subtitle: '',
        cells: () => new Uint8Array(0),
        relations: [],
      }),
    );
    console.log(
      `${name} (${Math.round(bytes.length / 1024)} KiB, ${read.value.objects.length} objects, ${graph.value.nodes.length} nodes)`,
    );
    console.log(
      `  parse ${ms(read.ms)}, graph ${ms(graph.ms)}, layout ${ms(drawn.ms)}, SVG ${ms(svg.ms)} (${Math.round(svg.value.length / 1024)} KiB)`,
    );
    console.log(whole('memscape inspect FILE', medianRun(memscape('inspect', path))));
    console.log(
      whole('memscape render FILE -o out.svg', medianRun(memscape('render', path, '-o', join(out, 'm.svg')))),
    );
    if (lstopo !== '')
      console.log(
        whole(`${lstopo} -i FILE out.svg`, medianRun(['lstopo', '-i', path, '--of', 'svg', '-f', join(out, 'l.svg')])),
      );
  }
  if (lstopo === '') console.log('lstopo is not installed: nothing to compare with');
  rmSync(out, { recursive: true, force: true });
}

if (isMain(import.meta.url)) benchTopologies();
