/** A whole number in groups of three: "34 952". */
export const grouped = (n: number): string => String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, '\u202f');

export const printNs = (ns: number): string => `${grouped(ns)} ns`;

/** What a map type of the kernel means, in a word or two. */
const mapWords: ReadonlyMap<string, string> = new Map([
  ['BUS_ADDR', 'directly'],
  ['THRU_HOST_BRIDGE', 'through the host bridge'],
  ['NOT_SUPPORTED', 'not allowed'],
  ['NONE', 'no peer'],
]);

export const mapWord = (mapType: string): string => mapWords.get(mapType) ?? mapType;

const engineWords: ReadonlyMap<string, string> = new Map([
  ['cpu', 'CPU'],
  ['ai', 'AI'],
  ['nic', 'network (nic)'],
  ['rsa', 'public key (rsa)'],
]);

export const engineWord = (engine: string): string => engineWords.get(engine) ?? engine;
