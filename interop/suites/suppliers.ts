// Real message centres as suppliers of the guard, with gateway and a node-smpp customer before it.
import { freePorts, type Place, type Suite, same, until } from '../harness.ts';
import { type Glaspost, startGlaspost } from '../ours.ts';
import { netSmppNeeds, startNetSmppSupplier } from '../peers/netSmpp.ts';
import { NodeCustomer, NodeSupplier, submitOf, textOf } from '../peers/nodeSmpp.ts';
import { osmoMscNeeds, startOsmoMsc } from '../peers/osmoMsc.ts';
import { joinParts, kindsOfLetters, type Letter, letters } from '../texts.ts';

/** Binds a customer, submits all, and checks the answers. */
async function submit(place: Place, glaspost: Glaspost, sent: readonly Letter[]): Promise<NodeCustomer> {
  const { port, username, password } = glaspost.customer;
  const customer = await NodeCustomer.bind(place, port, username, password);
  const answers = await customer.submitAll(sent.map(submitOf), 10, 30_000);
  same('refused', answers.filter((answer) => answer.status !== 0).length, 0);
  return customer;
}

async function receiptsBack(customer: NodeCustomer, count: number): Promise<void> {
  await until('every receipt back', 30_000, () => customer.delivered.length >= count);
  const delivered = customer.delivered.filter((pdu) => / stat:DELIVRD /.test(textOf(pdu)));
  const ids = new Set(delivered.map((pdu) => /^id:(\S+) /.exec(textOf(pdu))?.[1]));
  same('receipts', [customer.delivered.length, delivered.length, ids.size], [count, count, count]);
}

export const nodeSupplier: Suite = {
  name: 'supplier-node-smpp',
  needs: [],
  timeoutMs: 90_000,
  async run(place) {
    const supplier = await NodeSupplier.listen(place, 'link', 'secret');
    const glaspost = await startGlaspost(place, {
      supplier: { port: supplier.port, systemId: 'link', password: 'secret', idBase: 'hex' },
    });
    const sent = letters(300);
    const customer = await submit(place, glaspost, sent);
    await receiptsBack(customer, sent.length);
    const got = joinParts(
      supplier.submits.map((pdu) => ({
        to: pdu.destination_addr ?? '',
        udh: pdu.short_message?.udh?.[0]?.toString('hex') ?? '',
        text: textOf(pdu),
      })),
    );
    for (const letter of sent) same(`text to ${letter.to}`, got.get(letter.to), [letter.text]);
    same('numbers', got.size, sent.length);
    return `${sent.length} messages in ${supplier.submits.length} parts, each text whole, every receipt back`;
  },
};

export const netSmppSupplier: Suite = {
  name: 'supplier-net-smpp',
  needs: netSmppNeeds,
  timeoutMs: 90_000,
  async run(place) {
    const [port = 0] = await freePorts(1);
    const perl = await startNetSmppSupplier(place, port);
    const glaspost = await startGlaspost(place, {
      supplier: { port, systemId: 'link', password: 'secret', idBase: 'hex', receiptIdBase: 'dec' },
    });
    const sent = letters(600).filter((letter) => /^Your order/.test(letter.text));
    const customer = await submit(place, glaspost, sent);
    await receiptsBack(customer, sent.length);
    const got = [...perl.output().matchAll(/^submit (\d+) 0 ([0-9a-f]+)$/gm)].map((match) => ({
      to: match[1],
      text: Buffer.from(match[2] ?? '', 'hex').toString('latin1'),
    }));
    const wanted = sent.map(({ to, text }) => ({ to, text }));
    const byNumber = (a: { to: string | undefined }, b: { to: string | undefined }): number =>
      Number(a.to) - Number(b.to);
    same('messages at Net::SMPP', got.sort(byNumber), wanted);
    return `${sent.length} messages, ids hexadecimal in responses and decimal in receipts, every receipt back`;
  },
};

export const osmoMscSupplier: Suite = {
  name: 'supplier-osmo-msc',
  needs: osmoMscNeeds,
  timeoutMs: 120_000,
  async run(place) {
    const osmo = await startOsmoMsc(place, { systemId: 'lab', password: 'secret1' });
    const glaspost = await startGlaspost(place, {
      supplier: { port: osmo.port, systemId: 'lab', password: 'secret1', idBase: 'text' },
    });
    const sent = letters(60);
    const { port, username, password } = glaspost.customer;
    const customer = await NodeCustomer.bind(place, port, username, password);
    const answers = await customer.submitAll(sent.map(submitOf), 10, 30_000);
    same('refused', answers.filter((answer) => answer.status !== 0).length, 0);
    // Each message's number appears once per part in osmo-msc's log of what it took.
    const taken = (): Set<string> =>
      new Set([...osmo.running.output().matchAll(/Rx SUBMIT-SM \((\d+)\/1\/1\)/g)].map((match) => match[1] ?? ''));
    await until('osmo-msc takes every message', 30_000, () => taken().size === sent.length);
    same('numbers at osmo-msc', [...taken()].sort(), sent.map((letter) => letter.to).sort());
    for (const answer of answers.slice(0, kindsOfLetters)) {
      const id = answer.messageId;
      const known = async (): Promise<boolean> =>
        /outcome +out +accepted by the supplier/.test(await glaspost.trace(id));
      await until(`${id} known to be accepted by osmo-msc`, 10_000, known);
    }
    // It gives every message the same id and sends no receipts: nothing may come back as delivered.
    same('receipts', customer.delivered.length, 0);
    return `${sent.length} messages taken, all with one and the same id, none taken for delivered`;
  },
};
