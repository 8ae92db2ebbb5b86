/**
 * The menu of formats for error reports that was proposed for accelerators in November 2022, as the mail has it: JSON is
 * in it twice, as bit 2 and as bit 6. What was merged years later has one typed channel instead (drm_ras, netlink).
 */
const rasFormatBits = [
  { bit: 0, format: 'KEY_VALUE_32' },
  { bit: 1, format: 'NETLINK' },
  { bit: 2, format: 'JSON' },
  { bit: 3, format: 'PROTOBUF' },
  { bit: 4, format: 'GRPC' },
  { bit: 5, format: 'THRIFT' },
  { bit: 6, format: 'JSON' },
  { bit: 7, format: 'ASN1' },
] as const;

export type RasFormat = (typeof rasFormatBits)[number]['format'];
export const rasFormats = ['KEY_VALUE_32', 'NETLINK', 'JSON', 'PROTOBUF', 'GRPC', 'THRIFT', 'ASN1'] as const;

/** The formats that a mask stands for, in order of their bits; a format with two bits comes once. */
export const decodeRasFormats = (mask: number): readonly RasFormat[] => [
  ...new Set(rasFormatBits.filter(({ bit }) => (mask & (1 << bit)) !== 0).map(({ format }) => format)),
];

/** Bits that the proposal gave no meaning. */
export const unknownRasBits = (mask: number): number => mask & ~0xff;
