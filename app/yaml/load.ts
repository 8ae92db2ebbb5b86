import { Composer, isAlias, isMap, isNode, isScalar, isSeq, Lexer, LineCounter, Parser } from 'yaml';
import type { CST, Document } from 'yaml';
import { z } from 'zod';
import type { Problem, Result } from '../base/result.ts';
import { err, ok } from '../base/result.ts';
import { keysAt } from './schema-keys.ts';
import { suggest } from './suggest.ts';

z.config({ jitless: true });

/** Bounds of a file that people write by hand, with room to spare. */
export const yamlLimits = { characters: 16 * 1024 * 1024, tokens: 2_000_000, depth: 64, aliases: 100 } as const;

export type YamlPath = readonly PropertyKey[];

/** A value that has passed its schema, and where each part of it stands in the file. */
export interface LoadedYaml<T> {
  readonly file: string;
  readonly value: T;
  /** Line and column, from 1, of what is at `path`, or of the nearest thing above it. */
  at(path: YamlPath): { readonly line: number; readonly column: number };
  /** A problem with what is at `path`, for checks that a schema cannot do. */
  problem(path: YamlPath, message: string): Problem;
}

type Place = { readonly line: number; readonly column: number };

/**
 * Reads one YAML 1.2 document and checks it against `schema`. Unknown keys (of strict objects) are errors with a
 * suggestion; anchors, depth and size are bounded. Problems are in the order of the file.
 */
export function loadYaml<T>(
  file: string,
  text: string,
  schema: z.ZodType<T>,
): Result<LoadedYaml<T>, readonly Problem[]> {
  const problem = (place: Place, message: string): Problem => ({ file, ...place, message });
  if (text.length > yamlLimits.characters) {
    return err([
      problem(
        { line: 0, column: 0 },
        `the file is larger than ${yamlLimits.characters / 1024 / 1024} MiB: split it or leave out what is generated`,
      ),
    ]);
  }
  const lines = new LineCounter();
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const tokens = tokenize(text, lines);
  if (!tokens.ok) return err([problem(placeOf(tokens.error.offset), tokens.error.message)]);
  const documents = [
    ...new Composer({ strict: true, uniqueKeys: true, version: '1.2', logLevel: 'error' }).compose(
      tokens.value,
      true,
      text.length,
    ),
  ];
  const [document, second] = documents;
  if (document === undefined) return err([problem({ line: 1, column: 1 }, 'the file is empty')]);
  const faults = [...document.errors, ...document.warnings].map((fault) =>
    problem(placeOf(fault.pos[0]), `${fault.message}: mend the YAML`),
  );
  if (second !== undefined)
    faults.push(problem(placeOf(second.range[0]), 'a second document begins here: a file holds one'));
  if (faults.length > 0) return err(faults.slice(0, 100));

  let plain: unknown;
  try {
    plain = document.toJS({ maxAliasCount: yamlLimits.aliases });
  } catch (error) {
    // The library reports aliases that expand too far, or to nothing, only by throwing.
    if (error instanceof ReferenceError)
      return err([problem({ line: 1, column: 1 }, `${error.message}: write the value out instead of using an alias`)]);
    throw error;
  }
  const at = (path: YamlPath): Place => placeOf(offsetAt(document, path));
  const parsed = schema.safeParse(plain);
  if (parsed.success) {
    return ok({ file, value: parsed.data, at, problem: (path, message) => problem(at(path), message) });
  }
  const problems = parsed.error.issues
    .slice(0, 100)
    .flatMap((issue) => describe(issue, [], schema, plain))
    .map(({ path, message, onKey }) =>
      problem(placeOf(onKey ? keyOffsetAt(document, path) : offsetAt(document, path)), message),
    );
  return err(problems.sort((a, b) => a.line - b.line || a.column - b.column));
}

function tokenize(
  text: string,
  lines: LineCounter,
): Result<readonly CST.Token[], { readonly offset: number; readonly message: string }> {
  const parser = new Parser(lines.addNewLine);
  const tokens: CST.Token[] = [];
  lines.addNewLine(0);
  let count = 0;
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) tokens.push(token);
    count += 1;
    if (count > yamlLimits.tokens)
      return err({
        offset: parser.offset,
        message: `more than ${yamlLimits.tokens} tokens: the file is too large to be written by hand`,
      });
    if (parser.stack.length > 2 * yamlLimits.depth)
      return err({ offset: parser.offset, message: `nested more than ${yamlLimits.depth} deep: flatten it` });
  }
  for (const token of parser.end()) tokens.push(token);
  return ok(tokens);
}

/** Offset of the value at `path`; of the deepest existing thing above it where there is none. */
function offsetAt(document: Document.Parsed, path: YamlPath): number {
  let node: unknown = document.contents;
  let offset = isNode(node) && node.range ? node.range[0] : 0;
  for (const key of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
      if (pair === undefined) return offset;
      if (isNode(pair.key) && pair.key.range) offset = pair.key.range[0];
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(key)];
    } else return offset;
    // An empty value has its range after the colon; the key is the better place.
    if (isNode(node) && node.range && node.range[1] > node.range[0]) offset = node.range[0];
  }
  return offset;
}

/** Offset of the key that `path` ends in. */
function keyOffsetAt(document: Document.Parsed, path: YamlPath): number {
  const owner = path.slice(0, -1);
  let node: unknown = document.contents;
  for (const key of owner) {
    if (isAlias(node)) node = node.resolve(document);
    node = isMap(node) || isSeq(node) ? node.get(key, true) : undefined;
  }
  if (isAlias(node)) node = node.resolve(document);
  if (isMap(node)) {
    const key = node.items
      .map((item) => item.key)
      .find((candidate) => isScalar(candidate) && String(candidate.value) === String(path.at(-1)));
    if (isNode(key) && key.range) return key.range[0];
  }
  return offsetAt(document, owner);
}

interface Described {
  readonly path: YamlPath;
  readonly message: string;
  readonly onKey: boolean;
}

const quote = (words: readonly unknown[]): string =>
  words
    .slice(0, 24)
    .map((word) => `"${String(word)}"`)
    .join(', ') + (words.length > 24 ? ', …' : '');

function valueAt(value: unknown, path: YamlPath): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[key] : undefined),
    value,
  );
}

const named = (value: unknown): string =>
  value === undefined ? 'nothing' : (JSON.stringify(value)?.slice(0, 60) ?? typeof value);

/** Our words for a refusal by the schema: what is wrong, where, and the mend. */
function describe(issue: z.core.$ZodIssue, above: YamlPath, schema: z.ZodType, root: unknown): readonly Described[] {
  const path = [...above, ...issue.path];
  const value = valueAt(root, path);
  const where = path.length === 0 ? 'the file' : `"${String(path.at(-1))}"`;
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = keysAt(schema, path, root);
      return issue.keys.map((key) => {
        const meant = suggest(key, known);
        return {
          path: [...path, key],
          onKey: true,
          message: `unknown key "${key}": ${meant === null ? `known are ${quote(known)}` : `did you mean "${meant}"?`}`,
        };
      });
    }
    case 'invalid_union': {
      if (issue.errors.length === 0) {
        const options = 'options' in issue && Array.isArray(issue.options) ? issue.options : [];
        const meant = suggest(String(value), options.map(String));
        return [
          {
            path,
            onKey: false,
            message: `${where} is ${named(value)}, which is none of the known ones${options.length === 0 ? '' : `: ${meant === null ? quote(options) : `did you mean "${meant}"?`}`}`,
          },
        ];
      }
      // The form that was meant: of the right type, with the fewest keys that it does not know, that got furthest.
      const ranked = issue.errors
        .map((branch) => ({ branch, ...misfit(branch) }))
        .sort((a, b) => a.foreign - b.foreign || b.depth - a.depth || a.branch.length - b.branch.length);
      return (ranked[0]?.branch ?? []).flatMap((inner) => describe(inner, path, schema, root));
    }
    case 'invalid_type':
      return [
        {
          path,
          onKey: false,
          message:
            value === undefined
              ? `${where} is missing: give it ${article(issue.expected)}`
              : `${where} is ${named(value)}; it must be ${article(issue.expected)}`,
        },
      ];
    case 'invalid_value': {
      const meant = suggest(String(value), issue.values.map(String));
      return [
        {
          path,
          onKey: false,
          message: `${where} is ${named(value)}; ${meant === null ? `it must be one of ${quote(issue.values)}` : `did you mean "${meant}"?`}`,
        },
      ];
    }
    case 'too_big':
      return [{ path, onKey: false, message: `${where} is too large: at most ${String(issue.maximum)}` }];
    case 'too_small':
      return [{ path, onKey: false, message: `${where} is too small: at least ${String(issue.minimum)}` }];
    default:
      return [{ path, onKey: false, message: `${where}: ${issue.message}` }];
  }
}

/** How badly a value fits one form of a union. */
function misfit(branch: readonly z.core.$ZodIssue[]): { readonly foreign: number; readonly depth: number } {
  const own = branch.filter((inner) => inner.path.length === 0);
  return {
    foreign: own.some((inner) => inner.code === 'invalid_type')
      ? Number.MAX_SAFE_INTEGER
      : own.reduce((sum, inner) => sum + (inner.code === 'unrecognized_keys' ? inner.keys.length : 0), 0),
    depth: Math.max(0, ...branch.map((inner) => inner.path.length + (inner.code === 'unrecognized_keys' ? 1 : 0))),
  };
}

function article(expected: string): string {
  const words: Readonly<Record<string, string>> = {
    string: 'a text',
    number: 'a number',
    int: 'a whole number',
    boolean: 'true or false',
    array: 'a list',
    object: 'a map of keys',
    record: 'a map of keys',
    tuple: 'a list',
    null: 'null',
  };
  return words[expected] ?? `a ${expected}`;
}
