import {
  type CallOptions,
  type Client,
  type ClientReadableStream,
  type ClientWritableStream,
  type Metadata,
  type MethodDefinition,
  type ServiceError,
  status,
} from "@grpc/grpc-js";
import type { BidiCall } from "./grpc-client.ts";
import { fromGrpcError, RpcFault } from "./rpc-fault.ts";
import { drained, writeAll } from "./stream-flow.ts";

/** Everything one call over grpc-js needs. */
export interface OpenCall {
  readonly client: Client;
  readonly definition: MethodDefinition<object, object>;
  readonly metadata: Metadata;
  readonly options: CallOptions;
  readonly signal: AbortSignal | undefined;
}

const cancelled = () => new RpcFault(status.CANCELLED, undefined, { message: "cancelled" });

const asFault = (error: unknown): unknown =>
  error instanceof Error && "code" in error && "metadata" in error
    ? fromGrpcError(error as ServiceError)
    : error;

/** Cancels a call on abort; the returned function forgets the signal, which may outlive the call. */
function cancelOnAbort(call: { cancel(): void }, signal: AbortSignal | undefined): () => void {
  if (signal === undefined) return () => undefined;
  const cancel = () => call.cancel();
  if (signal.aborted) cancel();
  signal.addEventListener("abort", cancel, { once: true });
  return () => signal.removeEventListener("abort", cancel);
}

export function sendUnary(open: OpenCall, request: object): Promise<object> {
  const { client, definition, metadata, options } = open;
  return new Promise((resolve, reject) => {
    if (open.signal?.aborted) return reject(cancelled());
    const call = client.makeUnaryRequest(
      definition.path,
      definition.requestSerialize,
      definition.responseDeserialize,
      request,
      metadata,
      options,
      (error, response) => {
        forget();
        if (error !== null) reject(fromGrpcError(error));
        else if (response !== undefined) resolve(response);
      },
    );
    const forget = cancelOnAbort(call, open.signal);
  });
}

export async function sendClientStream(
  open: OpenCall,
  requests: AsyncIterable<object>,
): Promise<object> {
  const { client, definition, metadata, options } = open;
  if (open.signal?.aborted) throw cancelled();
  const ended = new AbortController();
  let call: ClientWritableStream<object> | undefined;
  const response = new Promise<object>((resolve, reject) => {
    call = client.makeClientStreamRequest(
      definition.path,
      definition.requestSerialize,
      definition.responseDeserialize,
      metadata,
      options,
      (error, value) => {
        if (error !== null) reject(fromGrpcError(error));
        else if (value !== undefined) resolve(value);
        ended.abort(cancelled());
      },
    );
  });
  // The sender's failure is thrown below; the call's own, which follows from it, is not news.
  response.catch(() => undefined);
  if (call === undefined) return response;
  const forget = cancelOnAbort(call, open.signal);
  try {
    await writeAll(call, requests, ended.signal);
    call.end();
    return await response;
  } catch (error) {
    // The server's answer came before the end of the requests: it is the outcome, not our abort.
    if (ended.signal.aborted) return await response;
    call.cancel();
    throw error;
  } finally {
    forget();
  }
}

/** Starts the call at once, not at the first read. */
export function openServerStream(open: OpenCall, request: object): AsyncIterable<object> {
  const { client, definition, metadata, options } = open;
  const call = client.makeServerStreamRequest(
    definition.path,
    definition.requestSerialize,
    definition.responseDeserialize,
    request,
    metadata,
    options,
  );
  return responsesOf(call, cancelOnAbort(call, open.signal));
}

/**
 * grpc-js emits a failure once and then looks like a clean end: it is kept for a reader who comes
 * late, and the listener keeps a failure before the first read from ending the process.
 */
function responsesOf(
  call: ClientReadableStream<object>,
  forget: () => void,
): AsyncIterable<object> {
  let failure: unknown;
  call.on("error", (error) => {
    failure = asFault(error);
  });
  call.on("status", forget);
  async function* read(): AsyncGenerator<object> {
    try {
      for await (const response of call) yield response as object;
    } catch (error) {
      throw asFault(error);
    } finally {
      call.cancel();
    }
    if (failure !== undefined) throw failure;
  }
  return read();
}

export function openBidi(open: OpenCall): BidiCall<object, object> {
  const { client, definition, metadata, options } = open;
  const call = client.makeBidiStreamRequest(
    definition.path,
    definition.requestSerialize,
    definition.responseDeserialize,
    metadata,
    options,
  );
  const ended = new AbortController();
  call.on("error", (error) => ended.abort(asFault(error)));
  call.on("status", () => ended.abort(cancelled()));
  const forget = cancelOnAbort(call, open.signal);
  return {
    async write(request) {
      if (ended.signal.aborted) throw ended.signal.reason;
      if (!call.write(request)) await drained(call, ended.signal);
    },
    end: () => call.end(),
    responses: responsesOf(call, forget),
    cancel: () => call.cancel(),
  };
}
