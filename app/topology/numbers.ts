/** A whole number in decimal or with 0x, exact; null where the text is none or too large to be exact. */
export function parseInteger(text: string | undefined): number | null {
  if (text === undefined || !/^\s*(-?\d{1,16}|0x[0-9a-f]{1,16})\s*$/i.test(text)) return null;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : null;
}

/** As `parseInteger`, for digits that are hexadecimal with or without 0x. */
export function parseHex(text: string | undefined): number | null {
  if (text === undefined || !/^\s*(0x)?[0-9a-f]{1,16}\s*$/i.test(text)) return null;
  const value = Number.parseInt(text.trim(), 16);
  return Number.isSafeInteger(value) ? value : null;
}

export function parseDecimal(text: string | undefined): number | null {
  if (text === undefined || !/^\s*[-+]?(\d{1,30}\.?\d{0,30}|\.\d{1,30})(e[-+]?\d{1,3})?\s*$/i.test(text)) return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}

const units: Readonly<Record<string, number>> = { '': 0, k: 1, m: 2, g: 3, t: 4, p: 5, e: 6 };

/** "256K", "16 MiB", "64G", "1024": powers of 1024; null where the text is none. */
export function parseBytes(text: string | undefined): number | null {
  const match = /^\s*(\d{1,16}(?:\.\d{1,6})?)\s*([kmgtpe]?)(?:i?b)?\s*$/i.exec(text ?? '');
  if (match === null) return null;
  const value = Number(match[1]) * 1024 ** (units[(match[2] ?? '').toLowerCase()] ?? 0);
  return Number.isSafeInteger(value) ? value : null;
}
