// osmo-msc, a strict SMPP 3.4 message centre of a mobile core. It accepts messages and, without a core, never delivers them.
import { file, freePorts, type Need, type Place, program, type Running } from '../harness.ts';

export const osmoMscNeeds: readonly Need[] = [
  program('osmo-msc', 'osmo-msc'),
  program('gcc', 'gcc'),
  file('/usr/include/netinet/in.h', 'libc6-dev'),
];

/** osmo-msc exits where the kernel has no SCTP; with this library preloaded its SCTP sockets are TCP sockets. */
const withoutSctp = `#define _GNU_SOURCE
#include <dlfcn.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#define REAL(name) static __typeof__(&name) real; if (!real) real = (__typeof__(real))dlsym(RTLD_NEXT, #name)
int socket(int domain, int type, int protocol) {
  REAL(socket);
  if (protocol == IPPROTO_SCTP) { protocol = IPPROTO_TCP; type = (type & ~0xf) | SOCK_STREAM; }
  return real(domain, type, protocol);
}
int setsockopt(int fd, int level, int option, const void *value, socklen_t size) {
  REAL(setsockopt);
  return level == IPPROTO_SCTP ? 0 : real(fd, level, option, value, size);
}
int getsockopt(int fd, int level, int option, void *value, socklen_t *size) {
  REAL(getsockopt);
  if (level != IPPROTO_SCTP) return real(fd, level, option, value, size);
  if (value && size) memset(value, 0, *size);
  return 0;
}
`;

/** An ESME that osmo-msc knows. */
export interface OsmoEsme {
  readonly systemId: string;
  readonly password: string;
}

/** Starts osmo-msc with its SMPP port on a free one; its shells have fixed ports (4254, 4255 on loopback). */
export async function startOsmoMsc(
  place: Place,
  esme: OsmoEsme,
): Promise<{ readonly port: number; readonly running: Running }> {
  const [port = 0] = await freePorts(1);
  const source = place.write('nosctp.c', withoutSctp);
  const library = place.path('nosctp.so');
  await place.command('gcc', 'gcc', ['-shared', '-fPIC', '-o', library, source, '-ldl'], 30_000);
  const config = [
    'log stderr',
    ' logging filter all 1',
    ' logging level smpp debug',
    'line vty',
    ' no login',
    ' bind 127.0.0.1',
    'network',
    ' network country code 1',
    ' mobile network code 1',
    ' short name OsmoMSC',
    ' long name OsmoMSC',
    ' encryption a5 0',
    'msc',
    ' mgw remote-ip 127.0.0.1',
    'smpp',
    ` local-tcp-ip 127.0.0.1 ${port}`,
    ' system-id OSMO',
    ' policy closed',
    ` esme ${esme.systemId}`,
    `  password ${esme.password}`,
    '  default-route',
    '',
  ];
  const configFile = place.write('msc.cfg', config.join('\n'));
  const running = place.start('osmo-msc', 'osmo-msc', ['-c', configFile], { LD_PRELOAD: library });
  await running.listening(port);
  return { port, running };
}
