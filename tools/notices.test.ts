import { describe, expect, it } from 'vitest';
import { isAllowed } from './notices.mjs';

describe('the gate for licences', () => {
  it.each(['MIT', 'OFL-1.1', 'EPL-2.0 OR GPL-3.0-or-later', '(MIT OR GPL-2.0-only)', 'MIT AND ISC'])(
    'lets %s pass',
    (licence) => expect(isAllowed(licence)).toBe(true),
  );

  it.each(['GPL-3.0-or-later', 'CC-BY-NC-4.0', 'MIT AND AGPL-3.0-only', 'none', 'SEE LICENSE IN LICENSE'])(
    'stops %s',
    (licence) => expect(isAllowed(licence)).toBe(false),
  );
});
