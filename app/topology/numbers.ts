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
