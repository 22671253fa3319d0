// docs/OPERATING.md tells the truth: every setting of both schemas stands in it with its default, and every problem code and
// metric it should name; the examples are right configurations.
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import type { z } from 'zod';
import { problemTable } from '../../src/api/problems.ts';
import { misfits } from '../../src/main/configFit.ts';
import { loadGatewayConfig } from '../../src/main/gatewayConfig.ts';
import { gatewaySchema } from '../../src/main/gatewaySchema.ts';
import { loadGuardConfig } from '../../src/main/guardConfig.ts';
import { guardSchema } from '../../src/main/guardSchema.ts';
import { adminKey } from '../api/memoryService.ts';
import { createRig } from '../api/rig.ts';

const docs = fileURLToPath(new URL('../../docs/', import.meta.url));
const manual = readFileSync(join(docs, 'OPERATING.md'), 'utf8');

/** A part of the manual, from its heading to the next of the same rank. */
function section(title: string): string {
  const from = manual.indexOf(`## ${title}\n`);
  assert.ok(from >= 0, title);
  const to = manual.indexOf('\n## ', from);
  return manual.slice(from, to < 0 ? undefined : to);
}

interface Setting {
  readonly path: string;
  readonly schema: z.ZodType;
}

interface Def {
  readonly type: string;
  readonly innerType?: z.ZodType;
  readonly in?: z.ZodType;
  readonly element?: z.ZodType;
  readonly options?: readonly z.ZodType[];
  readonly shape?: Readonly<Record<string, z.ZodType>>;
}

function defOf(schema: z.ZodType): Def {
  const def = schema.def as unknown as Def;
  return def.innerType === undefined ? def : defOf(def.innerType);
}

/** Settings that are no groups of settings themselves. References to secrets and pairs of numbers are one setting. */
function settings(schema: z.ZodType, path: string): Setting[] {
  const def = defOf(schema);
  const inList = def.type === 'array' && def.element !== undefined ? defOf(def.element) : null;
  const groups = (one: Def): readonly Def[] =>
    one.type === 'union' && path === 'upstreams'
      ? (one.options ?? []).map(defOf)
      : one.shape === undefined
        ? []
        : [one];
  const found = inList !== null ? groups(inList) : groups(def);
  const isPair = found.length === 1 && Object.keys(found[0]?.shape ?? {}).join() === 'ton,npi';
  if (found.length === 0 || isPair) return [{ path, schema }];
  const prefix = path === '' ? '' : `${path}${inList === null ? '' : '[]'}.`;
  return found.flatMap((one) =>
    Object.entries(one.shape ?? {}).flatMap(([name, inner]) => settings(inner, prefix + name)),
  );
}

for (const [title, schema] of [
  ['gateway.yaml', gatewaySchema],
  ['guard.yaml', guardSchema],
] as const) {
  test(`every setting of ${title} is described, with its default`, () => {
    const rows = new Map<string, string>();
    for (const match of section(title).matchAll(/^\| `([^`]+)` \| (.+?) \| /gm))
      rows.set(match[1] as string, match[2] as string);
    const known = new Map(settings(schema, '').map((one) => [one.path, one.schema]));
    assert.deepEqual([...rows.keys()].sort(), [...known.keys()].sort());
    for (const [path, inner] of known) {
      const told = rows.get(path) as string;
      const absent = inner.safeParse(undefined);
      if (!absent.success) assert.equal(told, 'required', path);
      else if (absent.data === undefined) assert.equal(told, '–', path);
      else {
        const text = /^`(.*)`$/.exec(told)?.[1];
        assert.ok(text !== undefined, `${path}: the default stands in backquotes`);
        const raw: unknown = parse(text);
        // "3.4" and the like are texts in the file.
        const read = inner.safeParse(raw);
        const value = read.success ? read.data : inner.parse(String(text));
        assert.deepEqual(value, absent.data, path);
      }
    }
  });
}

test('every problem code stands beside its status', () => {
  const rows = new Map<number, string>();
  for (const match of section('HTTP API').matchAll(/^\| ([0-9]{3}) \| (.+) \|$/gm))
    rows.set(Number(match[1]), match[2] as string);
  for (const [code, { status }] of Object.entries(problemTable))
    assert.ok(rows.get(status)?.includes(`\`${code}\``), `${code} at ${status}`);
  assert.equal([...rows.values()].join().match(/`[a-z-]+`/g)?.length, Object.keys(problemTable).length);
});

test('every metric of the gateway is named', async () => {
  const rig = createRig();
  const { text } = await rig.call('GET', '/metrics', { key: adminKey });
  const told = section('Metrics and logs');
  for (const [, name] of text.matchAll(/^# TYPE (\S+)/gm)) {
    if (!(name as string).startsWith('glaspost_gateway_')) assert.ok(told.includes(`\`${name}\``), String(name));
  }
});

describe('examples', () => {
  test('gateway.yaml and guard.yaml are right and fit each other', (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'glaspost-examples-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    mkdirSync(join(folder, 'secrets'));
    const texts = ['gateway.yaml', 'guard.yaml'].map((name) => {
      copyFileSync(join(docs, 'examples', name), join(folder, name));
      return readFileSync(join(folder, name), 'utf8');
    });
    const environment: Record<string, string> = {};
    for (const [, name] of texts.join().matchAll(/env: ([A-Z0-9_]+)/g))
      environment[name as string] = `value-of-${name}`;
    environment['SHOP_WEBHOOK_SECRET'] = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
    for (const [, name] of texts.join().matchAll(/file: (secrets\/[\w-]+)/g))
      writeFileSync(join(folder, name as string), 'x\n');
    const gateway = loadGatewayConfig(join(folder, 'gateway.yaml'), environment);
    assert.deepEqual(gateway.faults, []);
    const guard = loadGuardConfig(join(folder, 'guard.yaml'), environment);
    assert.deepEqual(guard.faults, []);
    assert.ok(gateway.loaded !== null && guard.loaded !== null);
    assert.deepEqual(misfits(gateway.loaded.gateway, guard.loaded.guard), []);
  });

  test('every file that the manual names is there', () => {
    for (const [, path] of manual.matchAll(/\]\((examples\/[^)]*)\)/g))
      assert.ok(existsSync(join(docs, path as string)), String(path));
  });
});
