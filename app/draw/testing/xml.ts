import { SaxesParser } from 'saxes';

/** Ids of all elements of an XML text; throws where it is not well-formed. */
export function parseXmlText(text: string): readonly string[] {
  const ids: string[] = [];
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', (tag) => {
    const { id } = tag.attributes;
    if (typeof id === 'string') ids.push(id);
  });
  parser.write(text).close();
  return ids;
}
