import type { CpuVendor } from '../model/topology.ts';

/** From the vendor string of CPUID, /proc/cpuinfo or a model name; null where nothing is told. */
export function cpuVendorOf(text: string | null | undefined): CpuVendor | null {
  if (text === null || text === undefined || text.trim() === '') return null;
  if (/intel/i.test(text)) return 'intel';
  if (/amd/i.test(text)) return 'amd';
  if (/power\d|ibm/i.test(text)) return 'ibm';
  if (/nvidia|grace/i.test(text)) return 'nvidia';
  if (/\barm\b|neoverse|cortex|0x41/i.test(text)) return 'arm';
  return 'other';
}

const amdZen = 0x17;

/** Whether the root ports forward peer traffic (cpu_supports_p2pdma of drivers/pci/p2pdma.c). */
export function forwardsPeers(vendor: CpuVendor | null, family: number | null): boolean | null {
  if (vendor === null) return null;
  if (vendor !== 'amd') return false;
  return family === null ? null : family >= amdZen;
}

const knightsLanding: readonly number[] = [0x57, 0x85];

/** Whether memory that no CPU is on, without any label, is on-package HBM on this processor; the reason, or null. */
export function onPackageHbm(model: string | null, family: number | null, modelNumber: number | null): string | null {
  if (model !== null && /xeon.*\bmax\b/i.test(model))
    return `${model.trim()} carries HBM, and this node was added as a DAX device`;
  if (model !== null && /xeon phi/i.test(model)) return `${model.trim()} carries MCDRAM, and no CPU is on this node`;
  if (family === 6 && modelNumber !== null && knightsLanding.includes(modelNumber))
    return 'Xeon Phi (family 6, model 87 or 133) carries MCDRAM, and no CPU is on this node';
  return null;
}
