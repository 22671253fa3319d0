// Faults of a configuration in words: what a schema says becomes a path and what would be right. A misspelt setting is told the
// name that is nearest; of alternatives the nearest one speaks.
import type { z } from 'zod';
import type { ConfigFault } from '../base/result.ts';

/** What of zod's issues is looked at. */
interface Issue {
  readonly code?: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
  readonly errors?: readonly (readonly Issue[])[];
  readonly issues?: readonly Issue[];
  readonly expected?: unknown;
  readonly values?: readonly unknown[];
  readonly minimum?: unknown;
  readonly maximum?: unknown;
  readonly origin?: string;
  readonly options?: readonly unknown[];
}

/** Letters that may differ between a misspelt setting and the one that is proposed. */
const NEAR = 3;

/** All faults behind a failed parse of `schema`. */
export function faultsOf(error: z.ZodError, schema: z.ZodType): ConfigFault[] {
  return error.issues.flatMap((issue) => flatten(issue as Issue, [], schema));
}

function flatten(issue: Issue, above: readonly PropertyKey[], schema: z.ZodType): ConfigFault[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys' && issue.keys !== undefined) {
    const known = settingsAt(schema, path);
    return issue.keys.map((key) => ({ path: pathText([...path, key]), message: unknownSetting(key, known) }));
  }
  if (issue.code === 'invalid_key' && issue.issues?.[0] !== undefined)
    return [{ path: pathText(path), message: words(issue.issues[0]) }];
  if (issue.code === 'invalid_union' && issue.errors !== undefined && issue.errors.length > 0) {
    const nearest = [...issue.errors].sort((a, b) => depth(b) - depth(a))[0] as readonly Issue[];
    // No alternative came further than the value's type: what all of them want is said once.
    if (depth(nearest) === 0 && issue.message !== 'Invalid input')
      return [{ path: pathText(path), message: issue.message }];
    return nearest.flatMap((inner) => flatten(inner, path, schema));
  }
  return [{ path: pathText(path), message: words(issue) }];
}

/** How far an alternative was met: wrong types at its very beginning count nothing. */
function depth(issues: readonly Issue[]): number {
  return Math.max(...issues.map((issue) => issue.path.length * 2 + (issue.code === 'invalid_type' ? 0 : 1)));
}

function words(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type': {
      const wanted = `must be ${typeWords(String(issue.expected))}`;
      const received = /received (\w+)$/.exec(issue.message)?.[1] ?? '';
      return received === 'undefined' ? `is missing; ${wanted}` : `${wanted}, not ${typeWords(received)}`;
    }
    case 'invalid_value':
      return `must be ${(issue.values ?? []).map(String).join(' or ')}`;
    case 'invalid_union':
      return issue.options === undefined ? issue.message : `must be ${issue.options.map(String).join(' or ')}`;
    case 'too_small':
      if (!/^Too small/.test(issue.message)) return issue.message;
      return issue.origin === 'array'
        ? `needs at least ${issue.minimum} of them`
        : `must ${issue.origin === 'string' ? 'have at least' : 'be at least'} ${issue.minimum}${issue.origin === 'string' ? ' characters' : ''}`;
    case 'too_big':
      if (!/^Too big/.test(issue.message)) return issue.message;
      return issue.origin === 'array'
        ? `may have at most ${issue.maximum} of them`
        : `must ${issue.origin === 'string' ? 'have at most' : 'be at most'} ${issue.maximum}${issue.origin === 'string' ? ' characters' : ''}`;
    default:
      return issue.message;
  }
}

function typeWords(type: string): string {
  const known: Readonly<Record<string, string>> = {
    string: 'a text',
    number: 'a number',
    int: 'a whole number',
    boolean: 'true or false',
    object: 'a group of settings',
    record: 'a group of settings',
    array: 'a list',
    null: 'empty',
    undefined: 'nothing',
  };
  return known[type] ?? type;
}

function unknownSetting(key: string, known: readonly string[]): string {
  const near = known.map((name) => ({ name, far: distance(key, name) })).sort((a, b) => a.far - b.far)[0];
  if (near !== undefined && near.far <= Math.min(NEAR, Math.floor(key.length / 2)))
    return `unknown setting; "${near.name}" was meant?`;
  return known.length === 0 ? 'unknown setting' : `unknown setting; known here: ${known.join(', ')}`;
}

/** Names of the settings that may stand at a path. */
function settingsAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let here: readonly Def[] = [def(schema)];
  for (const step of path) here = here.flatMap(inside).flatMap((one) => below(one, step));
  return here.flatMap(inside).flatMap((one) => Object.keys(one.shape ?? {}));
}

/** The definitions inside zod's wrappers, as far as they are needed here. */
interface Def {
  readonly type: string;
  readonly innerType?: z.ZodType;
  readonly in?: z.ZodType;
  readonly element?: z.ZodType;
  readonly valueType?: z.ZodType;
  readonly options?: readonly z.ZodType[];
  readonly shape?: Readonly<Record<string, z.ZodType>>;
}

function def(schema: z.ZodType): Def {
  return schema.def as unknown as Def;
}

/** Without optional, default and the like; every alternative of a union. */
function inside(one: Def): Def[] {
  if (one.innerType !== undefined) return inside(def(one.innerType));
  if (one.in !== undefined) return inside(def(one.in));
  if (one.options !== undefined) return one.options.flatMap((option) => inside(def(option)));
  return [one];
}

function below(one: Def, step: PropertyKey): Def[] {
  const next = typeof step === 'number' ? one.element : (one.shape?.[String(step)] ?? one.valueType);
  return next === undefined ? [] : [def(next)];
}

/** Edit distance of two short names (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(
        (row[j] as number) + 1,
        (next[j - 1] as number) + 1,
        (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1),
      );
    }
    row = next;
  }
  return row[b.length] as number;
}

/** `accounts[0].smpp.system_id`. */
export function pathText(path: readonly PropertyKey[]): string {
  let text = '';
  for (const step of path)
    text += typeof step === 'number' ? `[${step}]` : text === '' ? String(step) : `.${String(step)}`;
  return text;
}
