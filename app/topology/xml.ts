import { SaxesParser } from 'saxes';
import type { Problem, Result } from '../base/result.ts';
import { err, ok } from '../base/result.ts';
import { decodeText } from '../base/text.ts';

/** An element with what a reader of machine descriptions needs; comments and processing instructions are dropped. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** Text directly inside, not that of children. */
  readonly text: string;
  readonly line: number;
}

export interface XmlDocument {
  readonly root: XmlElement;
  /** First line that is not valid UTF-8, or null. */
  readonly invalidLine: number | null;
}

/** Far above the largest real machine (a 16384-PU description has 18 MB and about 100,000 elements). */
const xmlLimits = {
  bytes: 64 * 1024 * 1024,
  elements: 250_000,
  depth: 256,
  attributes: 64,
  attributeCharacters: 65_536,
} as const;

interface Open {
  readonly name: string;
  readonly attributes: Record<string, string>;
  readonly children: XmlElement[];
  readonly line: number;
  text: string;
}

const chunkCharacters = 65_536;

/** Leaves the parser, which would go on and make an error of every character that follows. */
class Stop extends Error {}

/**
 * Parses strictly, without entities (an undefined entity is an error, definitions are never read) and within bounds.
 * The first fault ends it.
 */
export function parseXml(file: string, bytes: Uint8Array): Result<XmlDocument, readonly Problem[]> {
  if (bytes.length > xmlLimits.bytes) {
    return err([
      {
        file,
        line: 0,
        column: 0,
        message: `the XML has more than ${xmlLimits.bytes / 1024 / 1024} MiB: give the description of one machine`,
      },
    ]);
  }
  const { text, invalidLine } = decodeText(bytes);
  const parser = new SaxesParser({ position: true, xmlns: false });
  const faults: Problem[] = [];
  const open: Open[] = [];
  const roots: XmlElement[] = [];
  let elements = 0;
  let attributes = 0;
  let line = 1;
  const fault = (message: string): never => {
    faults.push({ file, line: parser.line, column: parser.columnIndex + 1, message });
    throw new Stop(message);
  };
  parser.on('error', (error) =>
    fault(`${error.message.replace(/^\d+:\d+: /, '')} the XML is damaged or cut off: get a complete copy`),
  );
  parser.on('opentagstart', () => {
    line = parser.line;
    attributes = 0;
  });
  parser.on('attribute', ({ value }) => {
    attributes += 1;
    if (attributes > xmlLimits.attributes)
      fault(`more than ${xmlLimits.attributes} attributes on one element: this is no description of a machine`);
    if (value.length > xmlLimits.attributeCharacters)
      fault('an attribute is longer than 64 KiB: this is no description of a machine');
  });
  parser.on('opentag', (tag) => {
    elements += 1;
    if (elements > xmlLimits.elements)
      fault(`more than ${xmlLimits.elements} elements: this is no description of one machine`);
    if (open.length >= xmlLimits.depth)
      fault(`nested more than ${xmlLimits.depth} deep: this is no description of a machine`);
    open.push({ name: tag.name, attributes: { ...tag.attributes }, children: [], text: '', line });
  });
  parser.on('text', (text) => {
    const top = open.at(-1);
    if (top !== undefined && text.trim() !== '') top.text += text;
  });
  parser.on('closetag', () => {
    const element = open.pop();
    if (element !== undefined) (open.at(-1)?.children ?? roots).push(element);
  });
  try {
    for (let at = 0; at < text.length; at += chunkCharacters) parser.write(text.slice(at, at + chunkCharacters));
    parser.close();
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
  }
  const [root] = roots;
  if (faults.length > 0) return err(faults);
  if (root === undefined)
    return err([{ file, line: 1, column: 1, message: 'no XML element: the file is empty or cut off' }]);
  return ok({ root, invalidLine });
}
