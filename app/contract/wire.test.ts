import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeMessage, encodeMessage } from './wire.ts';

it('a message with bytes anywhere in it comes back as it was (seed 3)', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 50 }), fc.string(), (bytes, text) => {
      expect(decodeMessage(encodeMessage({ a: [{ bytes }], text, none: null }))).toEqual({
        a: [{ bytes }],
        text,
        none: null,
      });
    }),
    { seed: 3 },
  );
});
