/** How drivers with shared virtual memory behave, as settings of a device (semantics 8.2). */
export const driverPresets = {
  /** lib/test_hmm.c: faults in blocks of 32 pages, migrates 512 at a time, brings one page back. */
  dmirror: { faultPages: 32, migratePages: 512, bringBackPages: 1 },
  /** drivers/gpu/drm/drm_gpusvm.c, with its largest range: a CPU fault brings the whole allocation back. */
  drm_gpusvm: { faultPages: 512, migratePages: 512, bringBackPages: 512 },
  /** drivers/gpu/drm/amd/amdkfd/kfd_svm.c, with its default granularity of 2 MiB: an aligned chunk comes back. */
  amdkfd: { faultPages: 512, migratePages: 512, bringBackPages: 512 },
} as const;

export type DriverPreset = keyof typeof driverPresets;
export const driverPresetNames = Object.keys(driverPresets) as [DriverPreset, ...DriverPreset[]];
