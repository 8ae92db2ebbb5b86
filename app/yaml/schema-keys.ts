import type { z } from 'zod';

type AnySchema = z.core.$ZodType;

/** The schemas that `schema` may stand for once wrappers and unions are opened. */
function alternatives(schema: AnySchema): readonly z.core.$ZodTypes[] {
  const opened = schema as z.core.$ZodTypes;
  const { def } = opened._zod;
  switch (def.type) {
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'readonly':
    case 'nonoptional':
    case 'catch':
      return alternatives(def.innerType);
    case 'pipe':
      return alternatives(def.in);
    case 'lazy':
      return alternatives(def.getter());
    case 'union':
      return def.options.flatMap(alternatives);
    case 'intersection':
      return [...alternatives(def.left), ...alternatives(def.right)];
    default:
      return [opened];
  }
}

function child(schema: z.core.$ZodTypes, key: PropertyKey): readonly AnySchema[] {
  const { def } = schema._zod;
  if (def.type === 'object') {
    const found = def.shape[String(key)];
    return found === undefined ? [] : [found];
  }
  if (def.type === 'array') return [def.element];
  if (def.type === 'record') return [def.valueType];
  if (def.type === 'tuple') {
    const found = def.items[Number(key)];
    return found === undefined ? [] : [found];
  }
  return [];
}

/** Every key that an object may have at `path`, over all alternatives of unions on the way. */
export function keysAt(schema: AnySchema, path: readonly PropertyKey[]): readonly string[] {
  let open: readonly AnySchema[] = [schema];
  for (const key of path)
    open = open.flatMap(alternatives).flatMap((alternative) => child(alternative as z.core.$ZodTypes, key));
  const keys = open.flatMap(alternatives).flatMap((alternative) => {
    const { def } = alternative._zod;
    return def.type === 'object' ? Object.keys(def.shape) : [];
  });
  return [...new Set(keys)];
}
