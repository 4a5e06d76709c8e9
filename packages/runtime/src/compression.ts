/**
 * All protocols accept only uncompressed requests. The real size of a few KiB of gzip is known only after unpacking, when
 * it already takes memory. The limits on incoming requests count the bytes as they arrive.
 */
import { Metadata, type ServerInterceptingCallInterface } from "@grpc/grpc-js";
import type { CallHeaders } from "./handlers.ts";
import { type RpcFault, rpcError } from "./rpc-fault.ts";

/** The only accepted encoding of requests. */
export const IDENTITY = "identity";
/** How many characters of an encoding's name a message repeats. */
const NAME_CHARS = 32;

/** The headers that name a request's encoding, each with the header by which the answer names the accepted ones. */
const encodingHeaders = [
  ["content-encoding", "accept-encoding"],
  ["connect-content-encoding", "connect-accept-encoding"],
  ["grpc-encoding", "grpc-accept-encoding"],
] as const;

/**
 * Returns the fault of a request with an encoding, and the header that its answer needs; undefined if the request has
 * none.
 */
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

/** The fault of a call with encoded messages. gRPC demands UNIMPLEMENTED for an unknown encoding. */
export const compressed = (encoding: string): RpcFault =>
  rpcError({
    reason: "COMPRESSED",
    message: `requests in the encoding ${JSON.stringify(encoding.slice(0, NAME_CHARS))} are not accepted, only ${IDENTITY}: send the request uncompressed`,
  });

/** The fault of a message that is flagged as compressed, in a call that names no encoding. */
export const compressedFlag = (): RpcFault =>
  rpcError({
    reason: "COMPRESSED_FLAG",
    message:
      "a message has its Compressed-Flag set, and the call names no encoding: send messages uncompressed, with the flag 0",
  });

/**
 * Stops grpc-js from unpacking a call's messages, makes it report that to the caller, and returns the encoding that the
 * call names. Call this before any message is read. It changes a private field: grpc-js has no option for this.
 */
export function takeGrpcEncoding(call: ServerInterceptingCallInterface): string {
  const inner = call as unknown as { incomingEncoding: string };
  const encoding = inner.incomingEncoding;
  inner.incomingEncoding = IDENTITY;
  const sendMetadata = call.sendMetadata.bind(call);
  call.sendMetadata = (metadata) => sendMetadata(withAcceptedEncoding(metadata));
  if (encoding === IDENTITY) return encoding;
  const sendStatus = call.sendStatus.bind(call);
  call.sendStatus = (status) =>
    sendStatus({ ...status, metadata: withAcceptedEncoding(status.metadata ?? new Metadata()) });
  return encoding;
}

function withAcceptedEncoding(metadata: Metadata): Metadata {
  metadata.set("grpc-accept-encoding", IDENTITY);
  return metadata;
}
