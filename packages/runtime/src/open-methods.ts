/** Health and reflection, which need no credential. A stranger may call them, so a call of them holds little. */
import type { ServerInterceptingCallInterface } from "@grpc/grpc-js";

/** The longest message, as it comes and decompressed. The names that are asked about are far shorter. */
export const OPEN_MESSAGE_BYTES = 4 * 1024;

/**
 * Bounds the messages of one call, before any of them is read. grpc-js has one bound for all methods of a
 * server, and takes it over into each call, which shows it to nobody.
 */
export function boundMessages(call: ServerInterceptingCallInterface): void {
  const bounded = call as unknown as {
    maxReceiveMessageSize: number;
    readonly decoder: { maxReadMessageLength: number };
  };
  bounded.maxReceiveMessageSize = OPEN_MESSAGE_BYTES;
  bounded.decoder.maxReadMessageLength = OPEN_MESSAGE_BYTES;
}
