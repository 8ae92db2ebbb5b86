import interUrl from '@fontsource-variable/inter/files/inter-latin-wght-normal.woff2?url';
import { stripGrid } from '../../app/draw/strip-grid.ts';
import { stripRoom } from '../../app/draw/card.ts';
import { svgOf } from '../../app/draw/svg.ts';
import { client } from '../client.ts';
import { useDocument } from '../stores/document.ts';
import { useFrame } from '../stores/frame.ts';
import { useLayout } from '../stores/layout.ts';
import { resolveTheme } from '../theme/apply-theme.ts';
import { usePicture } from './picture-state.ts';

/** Times the pixels of the picture that a PNG has, and the most pixels on a side. */
const pngScale = 2;
const mostPixels = 12_000;

/** The picture that is on show as SVG, at the step that is on show; null where there is none. */
async function shownSvg(css?: string): Promise<string | null> {
  const { shown, toScale } = usePicture.getState();
  const { cursor, frame, nodes } = useFrame.getState();
  const { head } = useDocument.getState();
  if (shown === null || head === null) return null;
  const picture = { ...shown.picture, nodes: shown.picture.nodes.map((node) => nodes.get(node.id) ?? node) };
  const cells = new Map<string, Uint8Array>();
  for (const node of picture.nodes) {
    const room = node.kind === 'process' ? stripRoom.process : stripRoom.memory;
    for (const strip of node.strips) {
      const { cells: count } = stripGrid(strip.pages, room);
      const { id, start, pages } = strip;
      cells.set(id, await client().request('strip', { cursor, strip: id, start, pages, cells: count }));
    }
  }
  const step = head.steps[cursor.step];
  return svgOf(picture, shown.drawn, {
    theme: resolveTheme(useLayout.getState().theme),
    title: head.title,
    subtitle: step === undefined ? head.machine : `Step ${step.index}: ${step.title} · ${head.machine}`,
    cells: (strip) => cells.get(strip.id) ?? new Uint8Array(0),
    relations: frame?.relations ?? [],
    toScale,
    ...(css === undefined ? {} : { css }),
  });
}

function save(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

const fileName = (ending: string): string =>
  `${(useDocument.getState().head?.id ?? 'machine').replace(/[^\w.-]+/g, '-').slice(0, 80)}.${ending}`;

/** The face of the app inside the picture: an image is drawn without the fonts of its page. */
async function faceCss(): Promise<string> {
  const bytes = new Uint8Array(await (await fetch(interUrl)).arrayBuffer());
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return `@font-face{font-family:'Inter Variable';font-weight:100 900;src:url(data:font/woff2;base64,${btoa(text)})}`;
}

async function shownPng(): Promise<Blob> {
  const svg = await shownSvg(await faceCss());
  if (svg === null) throw new Error('there is no picture to export');
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const scale = Math.min(pngScale, mostPixels / Math.max(image.naturalWidth, image.naturalHeight, 1));
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(image.naturalWidth * scale);
    canvas.height = Math.round(image.naturalHeight * scale);
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise<Blob>((done, failed) =>
      canvas.toBlob(
        (blob) => (blob === null ? failed(new Error('the picture is too large')) : done(blob)),
        'image/png',
      ),
    );
  } finally {
    URL.revokeObjectURL(url);
  }
}

export async function exportSvg(): Promise<void> {
  const svg = await shownSvg();
  if (svg !== null) save(new Blob([svg], { type: 'image/svg+xml' }), fileName('svg'));
}

export const exportPng = async (): Promise<void> => save(await shownPng(), fileName('png'));

/** As text: it pastes into editors and drawing programs alike. */
export async function copySvg(): Promise<void> {
  const svg = await shownSvg();
  if (svg !== null) await navigator.clipboard.writeText(svg);
}

export const copyPng = async (): Promise<void> =>
  navigator.clipboard.write([new ClipboardItem({ 'image/png': shownPng() })]);
