/**
 * Ways to let a process use a device, and what each means: the choice that the uacce thread of November 2018 was about.
 * An interface is chosen by translation and isolation, not by the device's label.
 */
export const exposureKinds = ['char', 'mdev', 'uacce', 'verbs'] as const;
export type ExposureKind = (typeof exposureKinds)[number];

export interface ExposureRow {
  readonly title: string;
  /** Who turns what the process says into what the device can use. */
  readonly translates: string;
  readonly isolates: string;
  /** What a reset of the device does to its users. */
  readonly reset: string;
  readonly source: string;
}

export const exposures: { readonly [K in ExposureKind]: ExposureRow } = {
  char: {
    title: 'character device, an ioctl a job',
    translates: 'the driver, with a kernel mapping for each job',
    isolates: 'the code of the driver',
    reset: 'the driver fails the jobs under way',
    source: 'include/linux/dma-mapping.h',
  },
  mdev: {
    title: 'mediated VFIO device',
    translates: 'the IOMMU, from tables that the process fills',
    isolates: 'the IOMMU group',
    reset: 'the process is told, and resets its own part',
    source: 'drivers/vfio/vfio_iommu_type1.c',
  },
  uacce: {
    title: 'uacce queue with a shared address space',
    translates: "the IOMMU, from the CPU's own page table",
    isolates: 'the PASID',
    reset: 'queues become zombies',
    source: 'drivers/misc/uacce/uacce.c',
  },
  verbs: {
    title: 'RDMA verbs, a "computational" memory region',
    translates: 'the device, from its own table of regions',
    isolates: 'the protection domain and the key',
    reset: 'the file gets a fatal event, and its regions go',
    source: 'drivers/infiniband/core/umem.c',
  },
};
