// Which upstreams may bind: as many as are allowed, for the links they are allowed, with the credentials of now; and that a link's
// pace outlives a new limit.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { UpstreamConfig } from '../../src/guard/config.ts';
import { Gateway, Supplier } from './peers.ts';
import { guardConfig, linkConfig, runGuard, tokenUpstream, until } from './rig.ts';

async function started(upstream: Partial<UpstreamConfig>) {
  const supplier = new Supplier();
  const port = await supplier.open();
  const links = [linkConfig('a', port), linkConfig('b', port)];
  const upstreams = [{ ...tokenUpstream, ...upstream } as UpstreamConfig];
  const running = await runGuard({ links, upstreams });
  const binds: Gateway[] = [];
  return {
    running,
    links,
    upstreams,
    /** Status of its refusal; 0: it stands. */
    async bind(systemId: string, password = 'up'): Promise<number> {
      const gateway = new Gateway(running.port, systemId, { password });
      binds.push(gateway);
      await until('answered', () => gateway.peer !== null || gateway.refused !== 0);
      // Who is refused does not come again.
      if (gateway.refused !== 0) await gateway.stop();
      return gateway.refused;
    },
    binds,
    async end() {
      for (const gateway of binds) await gateway.stop();
      await running.stop();
      await supplier.server?.close();
    },
  };
}

test('an upstream has as many binds as it may, and another when one has gone', async () => {
  const { bind, binds, running, end } = await started({ maxBinds: 2 });
  assert.deepEqual([await bind('gateway/a'), await bind('gateway/b'), await bind('gateway/a')], [0, 0, 0x0d]);
  await binds[0]?.stop();
  await until('it has gone', () => running.guard.core.upstreams.byName('gateway')?.binds.size === 1);
  assert.equal(await bind('gateway/a'), 0);
  await end();
});

test('an upstream binds for the links that it is allowed, and no other', async () => {
  const { bind, end } = await started({ links: ['b'] });
  assert.deepEqual([await bind('gateway/a'), await bind('gateway/b')], [0x0f, 0]);
  await end();
});

test('binds with credentials of before do not stand after a reload', async () => {
  const { bind, binds, links, upstreams, running, end } = await started({});
  assert.equal(await bind('gateway/a'), 0);
  running.guard.reload(guardConfig({ links, upstreams }));
  assert.notEqual(binds[0]?.peer, null);
  const [first] = upstreams;
  running.guard.reload(guardConfig({ links, upstreams: [{ ...first, password: 'new' } as UpstreamConfig] }));
  await until('unbound and refused', () => binds[0]?.peer === null && binds[0].refused === 0x0e);
  assert.equal(await bind('gateway/a', 'new'), 0);
  await end();
});

test('what a link has let go counts under a new limit too', async () => {
  const { links, running, end } = await started({});
  const link = running.guard.core.links.get(0);
  for (let i = 0; i < 4; i++) link.pacer.letGo();
  const [a, b] = links.map((one) => ({ ...one, throttlePerSecond: 4 }));
  assert.ok(a && b);
  running.guard.reload(guardConfig({ links: [a, b] }));
  assert.equal(link.pacer.contractRate, 4);
  assert.equal(link.pacer.nextAt(running.guard.core.world.loop.monotonic()), Number.POSITIVE_INFINITY);
  link.pacer.written(0, 4);
  await end();
});
