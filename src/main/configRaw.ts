// Looking into a configuration that its schema has not (yet) accepted, so that names and secrets are checked in the same run as
// everything else. Whatever is not of the expected kind is left to the schema.
import { pathText } from './configFaults.ts';
import type { Faults } from './configTools.ts';

export type RawGroup = { readonly [name: string]: unknown };

function isGroup(value: unknown): value is RawGroup {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The groups of a list of settings with their places in it. */
export function groupsOf(raw: unknown, list: string): { readonly index: number; readonly group: RawGroup }[] {
  const found = isGroup(raw) ? raw[list] : undefined;
  if (!Array.isArray(found)) return [];
  return found.flatMap((group: unknown, index) => (isGroup(group) ? [{ index, group }] : []));
}

/** A list inside a group, whatever it holds. */
export function listOf(group: RawGroup, name: string): readonly unknown[] {
  const found = group[name];
  return Array.isArray(found) ? found : [];
}

export function groupOf(group: RawGroup, name: string): RawGroup | undefined {
  const found = group[name];
  return isGroup(found) ? found : undefined;
}

export function textOf(group: RawGroup | undefined, name: string): string | undefined {
  const found = group?.[name];
  return typeof found === 'string' ? found : undefined;
}

/** The names that a list defines; one that stands twice is a fault. `by`: the setting that must differ. */
export function namesOf(faults: Faults, raw: unknown, list: string, by = 'name'): Set<string> {
  const names = new Set<string>();
  for (const { index, group } of groupsOf(raw, list)) {
    const name = textOf(group, by);
    if (name === undefined) continue;
    if (names.has(name)) faults.add(`${list}[${index}].${by}`, `"${name}" stands twice; each needs its own`);
    names.add(name);
  }
  return names;
}

/** A name that must be one of `names`. */
export function mustKnow(
  faults: Faults,
  path: string,
  what: string,
  name: string | undefined,
  names: ReadonlySet<string>,
): void {
  if (name === undefined || names.has(name)) return;
  const some = [...names].slice(0, 8).join(', ');
  faults.add(path, `there is no ${what} "${name}"; ${names.size === 0 ? 'none is defined' : `known: ${some}`}`);
}

/** Members of a `tls` group that name files. */
const TLS_FILES = ['certificate', 'key', 'authorities', 'client_authorities'];

/** Every secret and certificate that is referred to is looked for, without a schema. */
export function checkReferences(faults: Faults, raw: unknown, path: readonly PropertyKey[] = []): void {
  if (Array.isArray(raw)) {
    for (const [i, one] of raw.entries()) checkReferences(faults, one, [...path, i]);
    return;
  }
  if (!isGroup(raw)) return;
  const keys = Object.keys(raw);
  const at = pathText(path);
  const { file, env } = raw;
  if (keys.length === 1 && typeof file === 'string' && file !== '') faults.secret(at, { file });
  else if (keys.length === 1 && typeof env === 'string' && env !== '') faults.secret(at, { env });
  if (path.at(-1) === 'tls') {
    for (const name of TLS_FILES) {
      const pem = textOf(raw, name);
      if (pem !== undefined) faults.file(`${at}.${name}`, pem);
    }
  }
  for (const key of keys) checkReferences(faults, raw[key], [...path, key]);
}
