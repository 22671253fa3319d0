// Real ESMEs as customers of the gateway, with guard and simulated operator behind it: every message arrives once, with its
// text, and every receipt comes back.
import { type Place, type Suite, same, until } from '../harness.ts';
import { startGlaspost, startOperator } from '../ours.ts';
import { Kannel, kannelNeeds } from '../peers/kannel.ts';
import { netSmppNeeds, startNetSmppCustomer } from '../peers/netSmpp.ts';
import { NodeCustomer, submitOf, textOf } from '../peers/nodeSmpp.ts';
import { compareHandsets, letters } from '../texts.ts';

async function startAll(place: Place) {
  const operator = await startOperator(place);
  const glaspost = await startGlaspost(place, { supplier: operator });
  return { operator, glaspost };
}

const kannelMessages = 1000;

export const kannelCustomer: Suite = {
  name: 'customer-kannel',
  needs: kannelNeeds,
  timeoutMs: 120_000,
  async run(place) {
    const { operator, glaspost } = await startAll(place);
    const kannel = await Kannel.start(place, { ...glaspost.customer, window: 50 });
    const sent = letters(kannelMessages);
    await kannel.sendLetters(sent);
    await until('every receipt back at Kannel', 60_000, () => (kannel.finalStates()['1'] ?? 0) === sent.length);
    same('final states at Kannel', kannel.finalStates(), { '1': sent.length });
    await compareHandsets(operator.httpPort, sent);
    return `${sent.length} messages sent by HTTP, long and UCS-2 among them, each delivered once, every receipt back`;
  },
};

const nodeMessages = 600;

export const nodeCustomer: Suite = {
  name: 'customer-node-smpp',
  needs: [],
  timeoutMs: 90_000,
  async run(place) {
    const { operator, glaspost } = await startAll(place);
    const { port, username, password } = glaspost.customer;
    const customer = await NodeCustomer.bind(place, port, username, password);
    const sent = letters(nodeMessages);
    const answers = await customer.submitAll(sent.map(submitOf), 20, 30_000);
    same('refused', answers.filter((answer) => answer.status !== 0).length, 0);
    const ids = new Set(answers.map((answer) => answer.messageId));
    same('different message ids', ids.size, sent.length);
    await until('every receipt back at node-smpp', 30_000, () => customer.delivered.length >= sent.length);
    const receipts = customer.delivered.map((pdu) => ({
      esmClass: pdu.esm_class,
      id: /^id:(\S+) /.exec(textOf(pdu))?.[1] ?? '',
      state: / stat:(\w+) /.exec(textOf(pdu))?.[1],
    }));
    same('receipts that are none of ours', receipts.filter((receipt) => !ids.has(receipt.id)).length, 0);
    same('different receipts', new Set(receipts.map((receipt) => receipt.id)).size, sent.length);
    same('receipts', receipts.length, sent.length);
    same('receipts not DELIVRD', receipts.filter((one) => one.state !== 'DELIVRD' || one.esmClass !== 4).length, 0);
    await compareHandsets(operator.httpPort, sent);
    await customer.unbind();
    return `${sent.length} messages, message_payload among them, each delivered once, every receipt back`;
  },
};

const perlMessages = 200;

export const netSmppCustomer: Suite = {
  name: 'customer-net-smpp',
  needs: netSmppNeeds,
  timeoutMs: 90_000,
  async run(place) {
    const { operator, glaspost } = await startAll(place);
    const perl = startNetSmppCustomer(place, glaspost.customer, perlMessages, '49170000');
    same('end of the Perl script', await perl.end(60_000), 'exit code 0');
    const output = perl.output();
    const ids = [...output.matchAll(/^resp 0 (\S+)$/gm)].map((match) => match[1]);
    const receipts = [...output.matchAll(/^deliver 4 id:(\S+) .*stat:DELIVRD/gm)].map((match) => match[1]);
    same('answers', new Set(ids).size, perlMessages);
    same('receipts', [...receipts].sort(), [...ids].sort());
    const sent = Array.from({ length: perlMessages }, (_, index) => ({
      from: 'INFO',
      to: `49170000${String(index).padStart(4, '0')}`,
      text: `perl ${index}`,
      ucs2: false,
    }));
    await compareHandsets(operator.httpPort, sent);
    return `${perlMessages} messages one after the other, each delivered once, every receipt back`;
  },
};
