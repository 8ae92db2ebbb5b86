import type { Problem, Result } from '../base/result.ts';
import type { Topology } from '../model/topology.ts';

/** What a host gives a session to read from: the built-in files, and whatever the host may reach. */
export interface Library {
  /** Text of a built-in file: a scenario or a machine, by id; null where there is none. */
  builtin(kind: 'scenario' | 'topology', id: string): Promise<string | null>;
  ids(kind: 'scenario' | 'topology'): Promise<readonly string[]>;
  /** A file of the host that the person chose; null where the host has no files or may not read this one. */
  file(path: string): Promise<{ readonly name: string; readonly bytes: Uint8Array } | null>;
  /**
   * A file that lies beside another one that the person chose, or below its folder, by its relative path; null where
   * there is none, the path leads out of the folder, or the host has no files.
   */
  beside?(path: string, name: string): Promise<{ readonly name: string; readonly bytes: Uint8Array } | null>;
  /** The machine in a folder that the person chose, a snapshot of /proc and /sys; null where the path is no folder. */
  folder?(path: string): Promise<Result<Topology, readonly Problem[]> | null>;
  /** The machine that the host runs on, as a topology; null where the host cannot tell. */
  thisMachine(): Promise<Topology | null>;
  /** Lets the host do other work; long work pauses now and then. */
  pause?(): Promise<void>;
}
