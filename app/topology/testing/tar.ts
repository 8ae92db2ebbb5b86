import { strToU8 } from 'fflate';

type Member = { readonly path: string } & ({ readonly text: string } | { readonly link: string });

/** A small ustar archive, for tests. */
export function tarOf(members: readonly Member[]): Uint8Array {
  const blocks = members.flatMap((member) => {
    const body = 'text' in member ? strToU8(member.text) : new Uint8Array(0);
    const header = new Uint8Array(512);
    const write = (at: number, text: string): void => header.set(strToU8(text), at);
    write(0, member.path);
    write(100, '0000644\0');
    write(124, `${body.length.toString(8).padStart(11, '0')}\0`);
    write(156, 'text' in member ? '0' : '2');
    if ('link' in member) write(157, member.link);
    write(257, 'ustar\x0000');
    write(148, '        ');
    write(
      148,
      `${header
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
    );
    const padded = new Uint8Array(Math.ceil(body.length / 512) * 512);
    padded.set(body);
    return [header, padded];
  });
  const archive = new Uint8Array(blocks.reduce((sum, block) => sum + block.length, 1024));
  let at = 0;
  for (const block of blocks) {
    archive.set(block, at);
    at += block.length;
  }
  return archive;
}
