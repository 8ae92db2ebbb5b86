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

/** A key from outside may be "__proto__". */
const own = (shape: Readonly<Record<string, AnySchema>>, key: string): AnySchema | undefined =>
  Object.hasOwn(shape, key) ? shape[key] : undefined;

function child(schema: z.core.$ZodTypes, key: PropertyKey): readonly AnySchema[] {
  const { def } = schema._zod;
  if (def.type === 'object') {
    const found = own(def.shape, String(key));
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

/** How badly an object fits a form: constants that differ weigh more than keys that the form does not know. */
function misfit(form: z.core.$ZodTypes, value: unknown): number {
  const { def } = form._zod;
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (def.type !== 'object') return isObject ? Number.MAX_SAFE_INTEGER : 0;
  if (!isObject) return Number.MAX_SAFE_INTEGER;
  const entries = Object.entries(value);
  const foreign = entries.filter(([key]) => own(def.shape, key) === undefined).length;
  const otherConstant = entries.some(([key, inner]) => {
    const constant = (own(def.shape, key) as z.core.$ZodTypes | undefined)?._zod.def;
    return constant?.type === 'literal' && !(constant.values as readonly unknown[]).includes(inner);
  });
  return foreign + (otherConstant ? 1000 : 0);
}

/** The forms of a union that a value was most likely meant to be. */
function meant(schemas: readonly AnySchema[], value: unknown): readonly z.core.$ZodTypes[] {
  const forms = schemas.flatMap(alternatives);
  const least = Math.min(...forms.map((form) => misfit(form, value)));
  return forms.filter((form) => misfit(form, value) === least);
}

/** Every key that an object may have at `path` of `value`, over the alternatives of unions that it may be meant as. */
export function keysAt(schema: AnySchema, path: readonly PropertyKey[], value: unknown): readonly string[] {
  let open: readonly AnySchema[] = [schema];
  let at = value;
  for (const key of path) {
    open = meant(open, at).flatMap((form) => child(form, key));
    at = typeof at === 'object' && at !== null ? (at as Readonly<Record<PropertyKey, unknown>>)[key] : undefined;
  }
  const keys = meant(open, at).flatMap((form) => {
    const { def } = form._zod;
    return def.type === 'object' ? Object.keys(def.shape) : [];
  });
  return [...new Set(keys)];
}
