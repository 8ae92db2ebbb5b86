/** An order of texts that is the same everywhere: numbers within them by their value, letters by their code. */
export function compareNatural(a: string, b: string): number {
  const [left, right] = [pieces(a), pieces(b)];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const [x = '', y = ''] = [left[i], right[i]];
    if (x === y) continue;
    const [m, n] = [Number(x), Number(y)];
    if (digits.test(x) && digits.test(y) && m !== n) return m - n;
    return x < y ? -1 : 1;
  }
  return left.length - right.length;
}

const digits = /^\d+$/;
const pieces = (text: string): readonly string[] => text.match(/\d+|\D+/g) ?? [];
