// Types of the npm package smpp 0.5.1, as far as the interop suites use it. It has none of its own.
declare module 'smpp' {
  import type { EventEmitter } from 'node:events';
  import type { Server as NetServer } from 'node:net';

  export interface Pdu {
    readonly command: string;
    readonly command_id: number;
    readonly command_status: number;
    readonly sequence_number: number;
    readonly message_id?: string;
    readonly source_addr?: string;
    readonly destination_addr?: string;
    readonly esm_class?: number;
    readonly registered_delivery?: number;
    readonly data_coding?: number;
    /** Decoded by the package; `udh` holds the header's elements, each with its identifier. */
    readonly short_message?: { readonly message: string | Buffer; readonly udh?: readonly Buffer[] };
    readonly receipted_message_id?: string;
    readonly message_state?: number;
    response(fields?: Readonly<Record<string, unknown>>): Pdu;
    isResponse(): boolean;
  }

  type Answer = (pdu: Pdu) => void;

  export interface Session extends EventEmitter {
    bind_transceiver(fields: Readonly<Record<string, unknown>>, answer: Answer): boolean;
    submit_sm(fields: Readonly<Record<string, unknown>>, answer: Answer): boolean;
    deliver_sm(fields: Readonly<Record<string, unknown>>, answer: Answer): boolean;
    enquire_link(answer: Answer): boolean;
    unbind(answer: Answer): boolean;
    send(pdu: Pdu): boolean;
    close(): void;
    destroy(): void;
  }

  export interface Server extends NetServer {
    readonly sessions: readonly Session[];
  }

  export function connect(options: { url: string; auto_enquire_link_period?: number }): Session;
  export function createServer(listener: (session: Session) => void): Server;
}
