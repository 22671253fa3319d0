// Every PDU kind of the tables, with every TLV it may carry, encoded by src/smpp/encode.ts and read by tshark: the same
// kinds, the same fields in the same order, the same octets, nothing malformed and nothing left over.
import { ByteWriter } from '../../src/base/bytes.ts';
import { encode } from '../../src/smpp/encode.ts';
import { tlvRow } from '../../src/smpp/tlvs.table.ts';
import { type Suite, same } from '../harness.ts';
import { type ReadField, type ReadPdu, readWithTshark, tsharkNeeds } from '../peers/tshark.ts';
import { drawSamples, type Sample, type WireField } from './pduSamples.ts';

const seed = 20_250_101;
const samplesPerKind = 40;

/** tshark's names where they differ from the standard's. */
const tsharkNames: Readonly<Record<string, string>> = {
  'esm.submit.msg_mode': 'esm_class',
  'regdel.receipt': 'registered_delivery',
  message: 'short_message',
  schedule_delivery_time_r: 'schedule_delivery_time',
  validity_period_r: 'validity_period',
  final_date_r: 'final_date',
};

/** Its names of TLVs where they differ: those of SMPP 5.0. */
const tsharkTagNames: Readonly<Record<string, string>> = { destination_port: 'dest_port' };

/** Fields without octets of their own, further readings of octets that another field has, and texts made from them. */
const readings = /^(?:esm\.submit\.(?:msg_type|features)|regdel\.(?:acks|notif)|dcs\.|dlist|message_text$|opt_params$)/;

/** TLVs that tshark shows as a whole without their octets. */
const withoutOctets = new Set(['0303', '0381', '130c']);

function encoded(sample: Sample): Buffer {
  const writer = new ByteWriter();
  const result = encode(writer, sample.pdu, 0x50);
  if (!result.ok) throw new Error(`${sample.spec.name} cannot be encoded: ${JSON.stringify(result.error)}`);
  return Buffer.from(writer.buffer.subarray(0, writer.length));
}

const hex32 = (value: number): string => value.toString(16).padStart(8, '0');

function compare(sample: Sample, bytes: Buffer, read: ReadPdu): void {
  const what = `${sample.spec.name} ${sample.pdu.sequence} (${bytes.toString('hex').slice(0, 2000)})`;
  const optional = read.fields.findIndex((field) => field.name === 'opt_params');
  const mandatory = optional < 0 ? read.fields : read.fields.slice(0, optional);
  const found = mandatory
    .filter((field) => !readings.test(field.name))
    .map((field) => ({ name: tsharkNames[field.name] ?? field.name, hex: field.hex }));
  const head: WireField[] = [
    { name: 'command_length', hex: hex32(bytes.length) },
    { name: 'command_id', hex: hex32(sample.spec.id) },
    { name: 'sequence_number', hex: hex32(sample.pdu.sequence) },
  ];
  if (sample.spec.isResponse) head.splice(2, 0, { name: 'command_status', hex: hex32(sample.pdu.status) });
  const wanted = [...head, ...sample.fields];
  const empties = new Set(wanted.flatMap((field) => (field.empty === true ? [field.name] : [])));
  // In submit_multi tshark gives an empty validity_period the name of the field before it.
  if (empties.has('validity_period')) empties.add('schedule_delivery_time');
  const said = (field: WireField): boolean => !(empties.has(field.name) && field.hex === '00');
  for (const [index, field] of wanted.filter(said).entries()) {
    const other = found.filter(said)[index];
    same(`${what}: field ${index}`, [other?.name, other?.hex], [field.name, field.hex]);
  }
  same(`${what}: number of fields`, found.filter(said).length, wanted.filter(said).length);
  same(`${what}: kind`, kindOf(read), sample.spec.name);
  compareTlvs(what, sample, optional < 0 ? [] : read.fields.slice(optional + 1));
  // tshark calls a refusal without a body malformed; the standard wants it so (SMPP 3.4 §4.4.2).
  const bare = bytes.length === 16 && sample.spec.isResponse;
  if (read.malformed && !bare) throw new Error(`${what}: tshark calls it malformed`);
  const complaint = read.fields.find((field) => field.name.startsWith('_ws.expert'));
  if (complaint !== undefined) throw new Error(`${what}: tshark complains: ${complaint.shown}`);
}

/** The standard's name of what tshark writes like "Command: Submit_sm - resp,". */
function kindOf(read: ReadPdu): string | undefined {
  const name = /Command: ([^,]+)/.exec(read.heading)?.[1]?.toLowerCase();
  return name?.replace(' - resp', '_resp').replaceAll(' ', '_');
}

function compareTlvs(what: string, sample: Sample, fields: readonly ReadField[]): void {
  const starts = fields.flatMap((field, index) => (field.name === 'opt_param' ? [index] : []));
  same(`${what}: number of TLVs`, starts.length, sample.tlvs.length);
  for (const [index, start] of starts.entries()) {
    const wanted = sample.tlvs[index];
    const [heading, tag, length, ...values] = fields.slice(start, starts[index + 1]);
    if (wanted === undefined || heading === undefined) throw new Error(`${what}: TLVs differ`);
    same(`${what}: tag`, tag?.hex, wanted.name);
    same(`${what}: length of ${wanted.name}`, Number.parseInt(length?.hex ?? '', 16), wanted.hex.length / 2);
    const name = tlvRow(Number.parseInt(wanted.name, 16))?.name ?? '';
    if (!heading.shown.toLowerCase().includes(tsharkTagNames[name] ?? name)) {
      throw new Error(`${what}: tshark calls ${wanted.name} "${heading.shown}", we call it ${name}`);
    }
    if (withoutOctets.has(wanted.name)) continue;
    same(
      `${what}: value of ${wanted.name}`,
      octetsOf(values, (length?.at ?? 0) + 2, wanted.hex.length / 2),
      wanted.hex,
    );
  }
}

/** The octets of a stretch of the PDU as the fields in it have them; ".." where no field has any. */
function octetsOf(fields: readonly ReadField[], start: number, count: number): string {
  const octets = Array.from({ length: count }, () => '..');
  for (const field of fields) {
    for (let i = 0; i < field.size && field.hex.length >= (i + 1) * 2; i += 1) {
      octets[field.at - start + i] = field.hex.slice(i * 2, i * 2 + 2);
    }
  }
  return octets.join('');
}

export const tsharkSuite: Suite = {
  name: 'tshark-reads-every-pdu',
  needs: tsharkNeeds,
  timeoutMs: 120_000,
  async run(place) {
    const samples = drawSamples(seed, samplesPerKind);
    const bytes = samples.map(encoded);
    const read = await readWithTshark(place, bytes);
    same('PDUs', read.length, samples.length);
    for (const [index, sample] of samples.entries()) {
      compare(sample, bytes[index] ?? Buffer.alloc(0), read[index] ?? { fields: [], heading: '', malformed: true });
    }
    const kinds = new Set(samples.map((sample) => sample.spec.name)).size;
    const tags = new Set(samples.flatMap((sample) => sample.tlvs.map((tlv) => tlv.name))).size;
    return `${samples.length} PDUs of ${kinds} kinds with ${tags} different TLVs, no difference`;
  },
};
