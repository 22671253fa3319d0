// Perl's Net::SMPP, an independent codec: as a customer with one request in flight, and as a supplier with receipts.
import { type Place, perlModule, program, type Running } from '../harness.ts';

export const netSmppNeeds = [program('perl', 'perl'), perlModule('Net::SMPP', 'libnet-smpp-perl')];

/**
 * Binds as transceiver, submits `n` messages one after the other, answers deliver_sm while it waits, and prints each
 * answer as `resp STATUS ID` and each deliver_sm as `deliver ESM_CLASS TEXT`, until as many receipts have come.
 */
const customerScript = `use strict; use warnings; use Net::SMPP; $| = 1;
my ($port, $n, $user, $pass, $to) = @ARGV;
my ($s, $r) = Net::SMPP->new_transceiver('127.0.0.1', port => $port, smpp_version => 0x34, interface_version => 0x34,
  system_id => $user, password => $pass, async => 0);
die "no connection\\n" unless $s;
die "bind status $r->{status}\\n" if $r->{status};
\${*$s}{async} = 1;
my ($sent, $answered, $receipts) = (0, 0, 0);
while ($answered < $n || $receipts < $n) {
  if ($sent == $answered && $sent < $n) {
    $s->submit_sm(source_addr_ton => 5, source_addr_npi => 0, source_addr => 'INFO', dest_addr_ton => 1, dest_addr_npi => 1,
      destination_addr => sprintf('%s%04d', $to, $sent), registered_delivery => 1, short_message => "perl $sent") or die "not sent\\n";
    $sent++;
  }
  my $p = $s->read_pdu or die "connection lost after $answered answers and $receipts receipts\\n";
  if ($p->{cmd} == 0x80000004) { $answered++; print "resp $p->{status} $p->{message_id}\\n" }
  elsif ($p->{cmd} == 5) {
    print "deliver $p->{esm_class} $p->{short_message}\\n"; $receipts++;
    $s->deliver_sm_resp(seq => $p->{seq}, status => 0, message_id => '');
  }
  elsif ($p->{cmd} == 0x15) { $s->enquire_link_resp(seq => $p->{seq}, status => 0) }
  else { die sprintf("unexpected PDU %08x\\n", $p->{cmd}) }
}
$s->unbind;
my $u = $s->read_pdu;
die "unbind was not answered\\n" unless $u && $u->{cmd} == 0x80000006;
print "done\\n";
`;

/**
 * Answers binds, takes messages, prints each as `submit TO DATA_CODING TEXT-IN-HEX`, and sends receipts. Ids are hexadecimal
 * in responses and decimal in receipts, as with many a real message centre.
 */
const supplierScript = `use strict; use warnings; use Net::SMPP; $| = 1; $SIG{CHLD} = 'IGNORE';
my ($port) = @ARGV;
my %bind = (1 => 'bind_receiver_resp', 2 => 'bind_transmitter_resp', 9 => 'bind_transceiver_resp');
my $l = Net::SMPP->new_listen('127.0.0.1', port => $port, smpp_version => 0x34, interface_version => 0x34, async => 1) or die $!;
my $n = 0;
while (my $s = $l->accept) {
  next if fork;
  \${*$s}{async} = 1;
  while (my $p = $s->read_pdu) {
    my ($c, $q) = @$p{qw(cmd seq)};
    if (my $m = $bind{$c}) { $s->$m(seq => $q, status => 0, system_id => 'PERL') }
    elsif ($c == 4) {
      my $number = 0xAB0000 + ++$n;
      print "submit $p->{destination_addr} $p->{data_coding} ", unpack('H*', $p->{short_message}), "\\n";
      $s->submit_sm_resp(seq => $q, status => 0, message_id => sprintf '%08X', $number);
      next unless $p->{registered_delivery} & 3;
      $s->deliver_sm(source_addr_ton => 1, source_addr_npi => 1, source_addr => $p->{destination_addr}, dest_addr_ton => 5,
        destination_addr => $p->{source_addr}, esm_class => 4,
        short_message => "id:$number sub:001 dlvrd:001 submit date:2601010000 done date:2601010001 stat:DELIVRD err:000 text:");
    }
    elsif ($c == 0x80000005) { print "receipt $p->{status}\\n" }
    elsif ($c == 0x15) { $s->enquire_link_resp(seq => $q, status => 0) }
    elsif ($c == 6) { $s->unbind_resp(seq => $q, status => 0); last }
    else { printf "unexpected %08x\\n", $c; $s->generic_nack(seq => $q, status => 3) }
  }
  exit;
}
`;

/** Starts the customer; it ends by itself when all is answered and every receipt is in. */
export function startNetSmppCustomer(
  place: Place,
  bind: { port: number; username: string; password: string },
  count: number,
  destinationPrefix: string,
): Running {
  const script = place.write('esme.pl', customerScript);
  return place.start('net-smpp-esme', 'perl', [
    script,
    String(bind.port),
    String(count),
    bind.username,
    bind.password,
    destinationPrefix,
  ]);
}

/** Starts the supplier and waits until it listens. */
export async function startNetSmppSupplier(place: Place, port: number): Promise<Running> {
  const script = place.write('smsc.pl', supplierScript);
  const running = place.start('net-smpp-smsc', 'perl', [script, String(port)]);
  await running.listening(port);
  return running;
}
