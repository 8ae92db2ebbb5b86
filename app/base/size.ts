const units: Readonly<Record<string, number>> = { '': 0, k: 1, m: 2, g: 3, t: 4, p: 5, e: 6 };

/** "256K", "16 MiB", "64G", "1024": powers of 1024; null where the text is none. */
export function parseBytes(text: string | undefined): number | null {
  const match = /^\s*(\d{1,16}(?:\.\d{1,6})?)\s*([kmgtpe]?)(?:i?b)?\s*$/i.exec(text ?? '');
  if (match === null) return null;
  const value = Number(match[1]) * 1024 ** (units[(match[2] ?? '').toLowerCase()] ?? 0);
  return Number.isSafeInteger(value) ? value : null;
}
