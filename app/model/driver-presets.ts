/**
 * How drivers of real devices behave where they differ (semantics 8.2). A device of a scenario names one; what the
 * scenario says besides goes before it.
 *
 * Sources: lib/test_hmm.c; drm_gpusvm.c and drm_pagemap.c; kfd_svm.c and kfd_migrate.c; nouveau_svm.c and
 * nouveau_dmem.c (from general knowledge); iommu-sva.c.
 */
import type { Device } from './world.ts';

export const driverNames = ['dmirror', 'drm_gpusvm', 'amdkfd', 'nouveau', 'sva'] as const;
export type DriverName = (typeof driverNames)[number];

/** What of a device its driver decides. */
export type DriverRules = Pick<
  Device,
  | 'faultPages'
  | 'migratePages'
  | 'bringBackPages'
  | 'hugePages'
  | 'rangePages'
  | 'bringBack'
  | 'elsewhere'
  | 'partialUnmap'
  | 'mirrors'
>;

export interface DriverPreset {
  /** What people call it. */
  readonly title: string;
  /** One sentence for lists. */
  readonly meaning: string;
  readonly rules: DriverRules;
}

export const driverPresets: { readonly [N in DriverName]: DriverPreset } = {
  dmirror: {
    title: 'HMM test driver',
    meaning: 'Mirrors the whole address space; a CPU fault brings one page back, or 512 that are mapped as one.',
    rules: {
      faultPages: 32,
      migratePages: 512,
      bringBackPages: 1,
      hugePages: true,
      rangePages: [],
      bringBack: 'folio',
      elsewhere: 'skip',
      partialUnmap: 'nothing',
      mirrors: true,
    },
  },
  drm_gpusvm: {
    title: 'Xe and others on drm_gpusvm',
    meaning:
      'Works in ranges of 2 MiB, 64 KiB or 4 KiB: whole ranges migrate, come back, and go when part is unmapped.',
    rules: {
      faultPages: 512,
      migratePages: 512,
      bringBackPages: 512,
      hugePages: true,
      rangePages: [512, 16, 1],
      bringBack: 'range',
      elsewhere: 'throughSystem',
      partialUnmap: 'destroy',
      mirrors: true,
    },
  },
  amdkfd: {
    title: 'AMD KFD',
    meaning:
      'Works in chunks of its granularity, 2 MiB; a child that touches inherited memory moves the range of its parent.',
    rules: {
      faultPages: 512,
      migratePages: 512,
      bringBackPages: 512,
      hugePages: false,
      rangePages: [512],
      bringBack: 'ownersRange',
      elsewhere: 'bounce',
      partialUnmap: 'split',
      mirrors: true,
    },
  },
  nouveau: {
    title: 'Nouveau',
    meaning: 'Migrates 128 pages at a time; a CPU fault brings one page back.',
    rules: {
      faultPages: 1,
      migratePages: 128,
      bringBackPages: 1,
      hugePages: false,
      rangePages: [],
      bringBack: 'folio',
      elsewhere: 'skip',
      partialUnmap: 'nothing',
      mirrors: true,
    },
  },
  sva: {
    title: 'shared page table (SVA)',
    meaning: 'No mirror and no migration: the device walks the page table of the CPU.',
    rules: {
      faultPages: 1,
      migratePages: 1,
      bringBackPages: 1,
      hugePages: false,
      rangePages: [],
      bringBack: 'folio',
      elsewhere: 'skip',
      partialUnmap: 'nothing',
      mirrors: false,
    },
  },
};
