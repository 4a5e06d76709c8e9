/**
 * Requests are taken as they are, by every protocol. What a few KiB of gzip become is known only once it is
 * unpacked, and then it is held: the bounds on what comes in count bytes as they come.
 */
import { Metadata, type ServerInterceptingCallInterface } from "@grpc/grpc-js";
import type { CallHeaders } from "./handlers.ts";
import { type RpcFault, rpcError } from "./rpc-fault.ts";

/** The one encoding of requests. */
export const IDENTITY = "identity";
/** How much of an encoding's name a message repeats. */
const NAME_CHARS = 32;

/** The headers that say how a request is encoded, with those by which an answer says what is taken. */
const encodingHeaders = [
  ["content-encoding", "accept-encoding"],
  ["connect-content-encoding", "connect-accept-encoding"],
  ["grpc-encoding", "grpc-accept-encoding"],
] as const;

/** The fault of a request with such a header, and what else its answer has to say; undefined for one as it is. */
export function refusedEncoding(
  headers: CallHeaders,
): { readonly fault: RpcFault; readonly accept: string } | undefined {
  for (const [name, accept] of encodingHeaders) {
    const encoding = headers.get(name);
    if (encoding !== undefined && encoding !== IDENTITY) {
      return { fault: compressed(encoding), accept };
    }
  }
  return undefined;
}

/** Of a call whose messages are encoded. gRPC has UNIMPLEMENTED for an encoding that a server does not know. */
export const compressed = (encoding: string): RpcFault =>
  rpcError({
    reason: "COMPRESSED",
    message: `requests in the encoding ${JSON.stringify(encoding.slice(0, NAME_CHARS))} are not taken, only in ${IDENTITY}: send this uncompressed`,
  });

/** Of a message that is said to be encoded, in a call that names no encoding. */
export const compressedFlag = (): RpcFault =>
  rpcError({
    reason: "COMPRESSED_FLAG",
    message:
      "a message has its Compressed-Flag set, and the call names no encoding: send messages uncompressed, with the flag 0",
  });

/**
 * Has grpc-js unpack nothing of a call and say so to its caller; returns the encoding that the call names. To
 * be called before any of it is read. grpc-js keeps the header to itself, and has no option for it.
 */
export function takeGrpcEncoding(call: ServerInterceptingCallInterface): string {
  const inner = call as unknown as { incomingEncoding: string };
  const encoding = inner.incomingEncoding;
  inner.incomingEncoding = IDENTITY;
  const sendMetadata = call.sendMetadata.bind(call);
  call.sendMetadata = (metadata) => sendMetadata(saysWhatIsTaken(metadata));
  if (encoding === IDENTITY) return encoding;
  const sendStatus = call.sendStatus.bind(call);
  call.sendStatus = (status) =>
    sendStatus({ ...status, metadata: saysWhatIsTaken(status.metadata ?? new Metadata()) });
  return encoding;
}

function saysWhatIsTaken(metadata: Metadata): Metadata {
  metadata.set("grpc-accept-encoding", IDENTITY);
  return metadata;
}
