import type { Brand } from '../base/brand.ts';

/** Virtual page number: address / 4096. Below 2^35 (47-bit user space). */
export type Vpn = Brand<number, 'Vpn'>;
/** Page frame number, unique in the machine; device-private frames have one too. */
export type Pfn = Brand<number, 'Pfn'>;

export const pageBytes = 4096;
/** Base pages of one PMD-sized (2 MiB) and one PUD-sized (1 GiB) page. */
export const pmdPages = 512;
export const pudPages = 262_144;
