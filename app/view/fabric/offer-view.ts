/** What a machine has for questions to be built of, and questions that it can answer, for who asks for the first time. */
import type { DeviceWish, FabricOffer, StageEngine } from '../../contract/fabric-queries.ts';
import { graphOf } from '../../engine/fabric/graph.ts';
import { deviceKinds, engineKinds } from '../../model/topology.ts';
import type { World } from '../../model/world.ts';
import { deviceWords } from '../parts/part-words.ts';
import { candidatesFor, functionsOf } from './places.ts';

/** A wish without any constraint. */
export const anyDevice: DeviceWish = {
  kind: null,
  engine: null,
  pasids: null,
  peer: null,
  memoryBytes: null,
  withinNs: null,
  atomics: [],
  ats: false,
  pri: false,
  isolated: false,
  sameHostBridge: null,
};

/** Engines that make a good first or last stage, the most telling first. */
const workers: readonly StageEngine[] = ['ai', 'compute', 'crypto', 'compress', 'rsa'];

export function offerView(world: World): FabricOffer {
  const { pci, pool } = world.records;
  const functions = functionsOf(world);
  const kinds = deviceKinds.flatMap((kind) => {
    const devices = functions.filter((name) => pci[name]?.deviceKind === kind).length;
    return devices === 0 ? [] : [{ kind, title: deviceWords[kind], devices }];
  });
  const engines = [...engineKinds, 'cpu' as const].flatMap((engine) => {
    const devices = candidatesFor(world, engine).length;
    return devices === 0 ? [] : [{ engine, devices }];
  });
  return {
    functions: functions.length,
    places: graphOf(world).names.length,
    kinds,
    engines,
    examples: {
      devices: deviceExamples(world, functions),
      routes: routeExamples(world, functions, Object.keys(pool)),
      pipelines: pipelineExamples(new Set(engines.map(({ engine }) => engine))),
    },
  };
}

function deviceExamples(world: World, functions: readonly string[]): FabricOffer['examples']['devices'] {
  const { pci } = world.records;
  const worker = workers.find((engine) => candidatesFor(world, engine).length > 0);
  const engine = worker === 'cpu' ? undefined : worker;
  const of = (kind: string): string | undefined => functions.find((name) => pci[name]?.deviceKind === kind);
  const peer = of('nic') ?? of('gpu');
  const found: { said: string; wish: DeviceWish }[] = [];
  if (engine !== undefined && peer !== undefined)
    found.push({ said: `${engine} engine, peer-to-peer with ${peer}`, wish: { ...anyDevice, engine, peer } });
  if (functions.some((name) => (pci[name]?.maxPasids ?? 0) > 0))
    found.push({ said: '8 free PASIDs, ATS', wish: { ...anyDevice, pasids: 8, ats: true } });
  if (functions.length > 0)
    found.push({
      said: '1 GiB of free memory within 400 ns',
      wish: { ...anyDevice, memoryBytes: 2 ** 30, withinNs: 400 },
    });
  return found.slice(0, 3);
}

function routeExamples(
  world: World,
  functions: readonly string[],
  pools: readonly string[],
): FabricOffer['examples']['routes'] {
  const { pci } = world.records;
  const { numbers } = graphOf(world);
  const of = (kind: string): readonly string[] => functions.filter((name) => pci[name]?.deviceKind === kind);
  const gpus = [...of('gpu'), ...of('accelerator')];
  const memory = pools.find((name) => world.records.pool[name]?.device === null);
  const sockets = Object.keys(world.records.socket);
  const pairs: readonly (readonly [string | undefined, string | undefined])[] = [
    [gpus[0], of('nic')[0]],
    [gpus[0], gpus[1]],
    [gpus[0], gpus[gpus.length - 1]],
    [gpus[0] ?? functions[0], memory],
    [sockets[0], pools[pools.length - 1]],
    [pools[0], pools[pools.length - 1]],
  ];
  const found = pairs.flatMap(([from, to]) =>
    from === undefined || to === undefined || from === to || !numbers.has(from) || !numbers.has(to)
      ? []
      : [{ said: `${from} to ${to}`, from, to }],
  );
  return found.filter(({ said }, i) => found.findIndex((other) => other.said === said) === i).slice(0, 3);
}

function pipelineExamples(has: ReadonlySet<StageEngine>): FabricOffer['examples']['pipelines'] {
  const chains: readonly (readonly StageEngine[])[] = [
    ['nic', 'crypto', 'cpu', 'ai'],
    ['nic', 'cpu', 'compute'],
    ['nic', 'compute'],
    ['cpu', 'compute', 'cpu'],
    ['crypto', 'compress'],
    ['cpu', 'copy'],
  ];
  return chains
    .filter((chain) => chain.every((engine) => has.has(engine)))
    .slice(0, 2)
    .map((chain) => ({ said: chain.join(' → '), stages: chain.map((engine) => ({ engine, on: null })) }));
}
