/** Questions to a machine as a graph: which device can, which way, and where a pipeline runs best. */
import { InvalidArgumentError, type Command } from 'commander';
import { printBytes } from '../../app/base/format.ts';
import type { DeviceQuery, Shortfall } from '../../app/engine/fabric/find-device.ts';
import type { Assignment, Stage } from '../../app/engine/fabric/pipeline.ts';
import type { Route } from '../../app/engine/fabric/route.ts';
import { deviceKinds, engineKinds, type DeviceKind, type EngineKind } from '../../app/model/topology.ts';
import type { World } from '../../app/model/world.ts';
import { parseBytes } from '../../app/base/size.ts';
import { badInput, exitCode, print, printJson } from './exit.ts';

/** The machine of a source as it boots, with its fabric. */
async function bootedMachine(source: string): Promise<World> {
  const { topologySources } = await import('./topology-source.ts');
  const { initialWorld } = await import('../../app/engine/initial-world.ts');
  const { engineSpec } = await import('../../app/scenario/engine-spec.ts');
  return initialWorld(engineSpec(await topologySources([source])));
}

const count = (text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('give a whole number');
  return value;
};

const size = (text: string): number => {
  const value = parseBytes(text);
  if (value === null) throw new InvalidArgumentError('give bytes, or a size such as 1GiB');
  return value;
};

const oneOf =
  <T extends string>(words: readonly T[]) =>
  (text: string): T => {
    const word = words.find((known) => known === text);
    if (word === undefined) throw new InvalidArgumentError(`use one of ${words.join(', ')}`);
    return word;
  };

const widths = (text: string): readonly (32 | 64 | 128)[] =>
  text.split(',').map((part) => {
    const width = ([32, 64, 128] as const).find((known) => String(known) === part.trim());
    if (width === undefined) throw new InvalidArgumentError('give widths of 32, 64, 128 bits: 32,64');
    return width;
  });

interface FindOptions {
  readonly kind?: DeviceKind;
  readonly engine?: EngineKind;
  readonly pasids?: number;
  readonly peer?: string;
  readonly memory?: number;
  readonly within?: number;
  readonly atomics?: readonly (32 | 64 | 128)[];
  readonly ats?: boolean;
  readonly pri?: boolean;
  readonly isolated?: boolean;
  readonly sameHostBridge?: string;
  readonly json?: boolean;
}

function queryOf({ memory, within, json: _, ...rest }: FindOptions): DeviceQuery {
  if (memory === undefined && within === undefined) return rest;
  return { ...rest, memory: { bytes: memory ?? 1, ...(within === undefined ? {} : { withinNs: within }) } };
}

/** Names in a query must be those of functions of the machine. */
function mustBeFunction(world: World, source: string, name: string | undefined): void {
  if (name === undefined || world.records.pci[name] !== undefined) return;
  const known = Object.entries(world.records.pci)
    .filter(([, { role }]) => role === 'endpoint')
    .map(([each]) => each);
  throw badInput(
    source,
    `there is no device ${name} in this machine: it has ${known.slice(0, 12).join(', ') || 'none'}`,
  );
}

const gbs = (value: number | null): string => (value === null ? 'rate not told' : `${value.toFixed(1)} GB/s`);

function printRoute(route: Route): string {
  const path = [route.from, ...route.hops.map(({ to }) => to)].join(' - ');
  return `${path}\n${route.latencyNs} ns, ${gbs(route.gbs)}${route.bottleneck === null ? '' : ` (narrowest: ${route.bottleneck})`}`;
}

export function findCommand(program: Command): void {
  program
    .command('find')
    .description(
      'devices of a machine that meet constraints; of every other one, which constraint dropped it and by how much',
    )
    .argument('<source>', 'a file, -, a built-in machine, or this-machine')
    .option('--kind <kind>', deviceKinds.join(', '), oneOf(deviceKinds))
    .option('--engine <kind>', engineKinds.join(', '), oneOf(engineKinds))
    .option('--pasids <n>', 'free PASIDs at least', count)
    .option('--peer <device>', 'peer-to-peer with this device is allowed')
    .option('--memory <size>', 'memory of this many free bytes is reached', size)
    .option('--within <ns>', 'that memory is no farther', count)
    .option('--atomics <bits>', 'AtomicOps of these widths reach main memory: 32,64', widths)
    .option('--ats', 'address translation service')
    .option('--pri', 'page requests')
    .option('--isolated', 'an IOMMU group of its own')
    .option('--same-host-bridge <device>', 'below the same host bridge as this device')
    .option('--json', 'the answer as JSON')
    .action(async (source: string, options: FindOptions) => {
      const { findDevices } = await import('../../app/engine/fabric/find-device.ts');
      const { printMissing } = await import('../../app/view/fabric/devices-view.ts');
      const howMuch = (shortfall: Shortfall): string => {
        const missing = printMissing(shortfall);
        return missing === null ? '' : ` (${missing})`;
      };
      const world = await bootedMachine(source);
      mustBeFunction(world, source, options.peer);
      mustBeFunction(world, source, options.sameHostBridge);
      const answer = findDevices(world, queryOf(options));
      if (options.json === true) await printJson(answer);
      else {
        const lines = [
          ...answer.found.map(({ device, memory, peer, freePasids }) =>
            [
              device,
              memory === null ? '' : `${memory.pool} at ${memory.latencyNs} ns, ${gbs(memory.gbs)}`,
              peer === null ? '' : `${peer.mapType}, distance ${peer.distance ?? 'none'}`,
              freePasids === null ? '' : `${freePasids} PASIDs free`,
            ]
              .filter((part) => part !== '')
              .join('  '),
          ),
          ...answer.dropped.map(({ device, shortfalls: [first] }) =>
            first === undefined
              ? device
              : `- ${device}  ${first.constraint}: needs ${first.needs}, has ${first.has}${howMuch(first)}`,
          ),
          `${answer.found.length} of ${answer.found.length + answer.dropped.length} devices fit`,
        ];
        await print(lines.join('\n'));
      }
      if (answer.found.length === 0) process.exitCode = exitCode.assertedFalse;
    });
}

export function routeCommand(program: Command): void {
  program
    .command('route')
    .description('the nearest way between two places of a machine, the widest, and the one that peer DMA takes')
    .argument('<source>', 'a file, -, a built-in machine, or this-machine')
    .argument('<from>', 'a device, memory or package: gpu0, dram0, package:0')
    .argument('<to>')
    .option('--json', 'the ways as JSON')
    .action(async (source: string, from: string, to: string, options: { json?: boolean }) => {
      const { shortestRoute, widestRoute } = await import('../../app/engine/fabric/route.ts');
      const { graphOf } = await import('../../app/engine/fabric/graph.ts');
      const { peerDecision, peerRoute } = await import('../../app/engine/fabric/peers.ts');
      const world = await bootedMachine(source);
      for (const name of [from, to])
        if (!graphOf(world).numbers.has(name))
          throw badInput(source, `there is no ${name} in this machine: name a device, a memory or a package`);
      const { pci } = world.records;
      const isPair = pci[from] !== undefined && pci[to] !== undefined && from !== to;
      const decision = isPair ? peerDecision(world, to, from) : null;
      const ways = {
        nearest: shortestRoute(world, from, to),
        widest: widestRoute(world, from, to),
        peer: decision === null ? null : { ...decision, route: peerRoute(world, to, from, decision) },
      };
      if (options.json === true) await printJson(ways);
      else if (ways.nearest === null) await print(`no wire leads from ${from} to ${to}`);
      else {
        const peer = ways.peer?.route ?? null;
        const lines = [
          `nearest  ${printRoute(ways.nearest)}`,
          ...(ways.widest === null ? [] : [`widest   ${printRoute(ways.widest)}`]),
          ...(ways.peer === null
            ? []
            : [`peer DMA ${ways.peer.mapType}, distance ${ways.peer.distance ?? 'none'} (${ways.peer.rule})`]),
          ...(peer === null ? [] : [printRoute(peer)]),
        ];
        await print(lines.join('\n'));
      }
      if (ways.nearest === null) process.exitCode = exitCode.assertedFalse;
    });
}

/** "crypto", "cpu", or "crypto=accel1" where the device is decided. */
function stageOf(text: string): Stage {
  const [engine = '', on] = text.split('=');
  const kind = oneOf([...engineKinds, 'cpu'] as const)(engine);
  return on === undefined ? { engine: kind } : { engine: kind, on };
}

function printAssignment(
  { devices, buffers, totalNs, latencyNs, busyNs, bottleneck }: Assignment,
  index: number,
): string {
  const path = devices.flatMap((device, i) => (buffers[i] === undefined ? [device] : [device, `[${buffers[i]}]`]));
  const busy = bottleneck === null ? '' : `, ${Math.round(busyNs)} ns at ${bottleneck}`;
  return `${index + 1}. ${path.join(' -> ')}\n   ${Math.round(totalNs)} ns: ${latencyNs} ns on the way${busy}`;
}

export function pipelineCommand(program: Command): void {
  program
    .command('pipeline')
    .description('the best devices and buffers for stages that pass bytes on: nic crypto cpu ai')
    .argument('<source>', 'a file, -, a built-in machine, or this-machine')
    .argument('<stages...>', `${[...engineKinds, 'cpu'].join(', ')}; crypto=accel1 where the device is decided`)
    .option('--bytes <size>', 'what passes from stage to stage', size, 2 ** 20)
    .option('--json', 'the assignments as JSON')
    .action(async (source: string, stages: readonly string[], options: { bytes: number; json?: boolean }) => {
      const { planPipeline } = await import('../../app/engine/fabric/pipeline.ts');
      const wanted = stages.map((text) => {
        try {
          return stageOf(text);
        } catch (error) {
          throw badInput(text, `no stage: ${error instanceof Error ? error.message : ''}`);
        }
      });
      if (wanted.length > 16) throw badInput(source, 'at most 16 stages are planned');
      const answer = planPipeline(await bootedMachine(source), wanted, options.bytes);
      if (options.json === true) await printJson({ bytes: options.bytes, ...answer });
      else if (answer.kind === 'none')
        await print(
          `stage ${answer.stage + 1} (${stages[answer.stage] ?? ''}): no device can do it, or none that is reached`,
        );
      else await print([`${printBytes(options.bytes)} a step`, ...answer.assignments.map(printAssignment)].join('\n'));
      if (answer.kind === 'none') process.exitCode = exitCode.assertedFalse;
    });
}
