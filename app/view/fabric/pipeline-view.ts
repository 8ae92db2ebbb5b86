/** The best devices and buffers for the stages of a pipeline, with what each plan costs and why. */
import type { PipelineView, PlanView, StageWish } from '../../contract/fabric-queries.ts';
import { planPipeline, type Assignment } from '../../engine/fabric/pipeline.ts';
import { canDo } from '../../engine/fabric/pipeline-search.ts';
import type { World } from '../../model/world.ts';
import { candidatesFor, type FabricPlaces } from './places.ts';
import { drawnWay, linkTitle } from './way-view.ts';

/** The wire that is busy longest, or the engine of a device. */
function bottleneckTitle(world: World, bottleneck: string | null): string | null {
  if (bottleneck === null) return null;
  if (world.records.pci[bottleneck] !== undefined || world.records.socket[bottleneck] !== undefined)
    return `the engine of ${bottleneck}`;
  const link = Object.entries(world.records.link).find(([, { wire }]) => wire === bottleneck);
  return link === undefined ? bottleneck : linkTitle(world, link[0]);
}

function planView(world: World, places: FabricPlaces, plan: Assignment): PlanView {
  const { devices, buffers, latencyNs, busyNs, totalNs, bottleneck } = plan;
  const busiest =
    plan.legs.flatMap(({ route }) => route.hops).find(({ link }) => world.records.link[link]?.wire === bottleneck) ??
    null;
  return {
    devices,
    buffers,
    latencyNs,
    busyNs,
    totalNs,
    bottleneck: bottleneckTitle(world, bottleneck),
    legs: plan.legs.map(({ kind, device, buffer, mapType, route }) => ({
      kind,
      device,
      buffer,
      mapType,
      path: [route.from, ...route.hops.map(({ to }) => to)],
      latencyNs: route.latencyNs,
      gbs: route.gbs,
      bottleneck: route.bottleneck === null ? null : linkTitle(world, route.bottleneck),
    })),
    drawn: drawnWay(
      world,
      places,
      [...devices, ...buffers],
      plan.legs.map(({ route }) => route),
      busiest,
    ),
  };
}

/** Why nothing can do a stage, or why what can is out of reach. */
function stuckSentence(world: World, stages: readonly StageWish[], at: number): string {
  const stage = stages[at];
  if (stage === undefined) return 'there is no such stage';
  const can = candidatesFor(world, stage.engine);
  const who = stage.engine === 'cpu' ? 'no CPU' : `no device with an engine for ${stage.engine}`;
  if (stage.on === null && can.length === 0) return `this machine is told to have ${who}`;
  if (stage.on !== null && !canDo(world, stage.engine, stage.on))
    return stage.engine === 'cpu' ? `${stage.on} is no CPU` : `${stage.on} has no engine for ${stage.engine}`;
  const named = stage.on ?? can.slice(0, 4).join(', ');
  return `${named} shares no memory with what can do stage ${at}: neither main memory nor peer-to-peer joins them`;
}

export function pipelineView(
  world: World,
  places: FabricPlaces,
  stages: readonly StageWish[],
  bytes: number,
): PipelineView {
  const unknown = stages.find(
    ({ on }) => on !== null && world.records.pci[on] === undefined && world.records.socket[on] === undefined,
  );
  if (unknown !== undefined)
    return {
      problem: `There is no device or package ${unknown.on ?? ''} in this machine.`,
      stuck: null,
      plans: [],
    };
  const answer = planPipeline(
    world,
    stages.map(({ engine, on }) => (on === null ? { engine } : { engine, on })),
    bytes,
  );
  if (answer.kind === 'none')
    return {
      problem: null,
      stuck: { stage: answer.stage, said: stuckSentence(world, stages, answer.stage) },
      plans: [],
    };
  return { problem: null, stuck: null, plans: answer.assignments.map((plan) => planView(world, places, plan)) };
}
