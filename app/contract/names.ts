import type { PushName, RequestName } from './requests.ts';

/** The names of all requests and pushes, for preload scripts and hosts. A missing or unknown name does not compile. */
const requests: Readonly<Record<RequestName, true>> = {
  catalog: true,
  open: true,
  current: true,
  graph: true,
  frame: true,
  strip: true,
  pages: true,
  why: true,
  timeline: true,
  parts: true,
  part: true,
  find: true,
  matrices: true,
  matrix: true,
  addresses: true,
  fabricOffer: true,
  fabricPlaces: true,
  findRoutes: true,
  findDevices: true,
  planPipeline: true,
  compare: true,
};
const pushes: Readonly<Record<PushName, true>> = { opened: true, problems: true, command: true, link: true };

export const requestNames = Object.keys(requests) as readonly RequestName[];
export const pushNames = Object.keys(pushes) as readonly PushName[];
