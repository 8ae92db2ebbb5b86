import { create } from 'zustand';
import type { DeviceKind, DrawnWay, EngineKind, StageEngine } from '../../app/contract/fabric-queries.ts';
import type { Cursor } from '../../app/contract/frame.ts';

export const queryTabs = ['find', 'route', 'pipeline'] as const;
export type QueryTab = (typeof queryTabs)[number];

/** Constraints as they are typed: fields that cannot be read yet stay as they are. */
export interface WishText {
  readonly kind: DeviceKind | null;
  readonly engine: EngineKind | null;
  readonly pasids: string;
  readonly peer: string;
  readonly memory: string;
  readonly within: string;
  readonly atomics: readonly (32 | 64 | 128)[];
  readonly ats: boolean;
  readonly pri: boolean;
  readonly isolated: boolean;
  readonly sameHostBridge: string;
}

export const noWish: WishText = {
  kind: null,
  engine: null,
  pasids: '',
  peer: '',
  memory: '',
  within: '',
  atomics: [],
  ats: false,
  pri: false,
  isolated: false,
  sameHostBridge: '',
};

export interface StageText {
  /** Tells stages apart while they are moved. */
  readonly id: number;
  readonly engine: StageEngine;
  readonly on: string;
}

/** A result that is on show in the graph. */
export interface ShownWay {
  readonly tab: QueryTab;
  /** Which of the results it is: "nearest", a device, the number of a plan. */
  readonly key: string;
  readonly said: string;
  readonly drawn: DrawnWay;
  /** The place in the history that it is true of. */
  readonly cursor: Cursor;
}

interface QueriesState {
  readonly tab: QueryTab;
  readonly wish: WishText;
  readonly from: string;
  readonly to: string;
  readonly stages: readonly StageText[];
  readonly bytes: string;
  readonly shown: ShownWay | null;
  /** The last question of each tab whose first result was shown by itself. */
  readonly answered: Readonly<Partial<Record<QueryTab, string>>>;
}

/** Questions to the fabric: kept while another view is open, gone with the document. */
export const useQueries = create<QueriesState>(() => ({
  tab: 'find',
  wish: noWish,
  from: '',
  to: '',
  stages: [],
  bytes: '1 MiB',
  shown: null,
  answered: {},
}));

export const forgetQueries = (): void => useQueries.setState(useQueries.getInitialState(), true);

export const changeWish = (part: Partial<WishText>): void =>
  useQueries.setState(({ wish }) => ({ wish: { ...wish, ...part } }));

/** A stage that is added gets the next number. */
export function addStage(engine: StageEngine, on = ''): void {
  useQueries.setState(({ stages }) => ({
    stages: [...stages, { id: 1 + Math.max(0, ...stages.map(({ id }) => id)), engine, on }],
  }));
}

export function changeStage(id: number, part: Partial<Omit<StageText, 'id'>>): void {
  useQueries.setState(({ stages }) => ({
    stages: stages.map((stage) => (stage.id === id ? { ...stage, ...part } : stage)),
  }));
}

export function removeStage(id: number): void {
  useQueries.setState(({ stages }) => ({ stages: stages.filter((stage) => stage.id !== id) }));
}

/** One place towards the beginning (-1) or the end (1). */
export function moveStage(id: number, by: -1 | 1): void {
  useQueries.setState(({ stages }) => {
    const at = stages.findIndex((stage) => stage.id === id);
    const [stage, other] = [stages[at], stages[at + by]];
    if (stage === undefined || other === undefined) return {};
    return { stages: stages.map((each, i) => (i === at ? other : i === at + by ? stage : each)) };
  });
}
