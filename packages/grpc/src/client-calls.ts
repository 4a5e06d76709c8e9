import type {
  CallOptions,
  Client,
  ClientDuplexStream,
  ClientReadableStream,
  ClientWritableStream,
  Metadata,
  MethodDefinition,
  ServiceError,
} from "@grpc/grpc-js";
import { drained, writeAll } from "./stream-flow.ts";

/** A bidirectional stream. */
export interface BidiCall<In, Out> {
  /** Resolves when the stream can take more (back-pressure). Rejects with the call's failure after the call has ended. */
  write(request: In): Promise<void>;
  /** Half-closes the call: it sends no more requests, and responses go on. */
  end(): void;
  /** The responses, for one reader. Throws the call's failure. Leaving the loop cancels the call. */
  readonly responses: AsyncIterable<Out>;
  cancel(): void;
}

/** The method that a call invokes, with its metadata and options. */
export interface CallTarget<In = object, Out = object> {
  readonly client: Client;
  readonly definition: MethodDefinition<In, Out>;
  readonly metadata: Metadata;
  readonly options: CallOptions;
}

/** All that one call over grpc-js needs. */
export interface OpenCall extends CallTarget {
  /** Cancels the call when it aborts. */
  readonly signal: AbortSignal | undefined;
  /** Turns a failure of grpc-js into the error that the caller of this package gets. */
  readonly failure: (error: ServiceError) => Error;
  /** Makes the error of a call that was cancelled before it began, or is written to after its end. */
  readonly cancelled: () => Error;
}

const failureOf = ({ failure }: OpenCall, error: unknown): unknown =>
  error instanceof Error && "code" in error && "metadata" in error
    ? failure(error as ServiceError)
    : error;

/** Cancels the call on abort. The returned function removes the listener, because the signal may outlive the call. */
function cancelOnAbort(call: { cancel(): void }, signal: AbortSignal | undefined): () => void {
  if (signal === undefined) return () => undefined;
  const cancel = () => call.cancel();
  if (signal.aborted) cancel();
  signal.addEventListener("abort", cancel, { once: true });
  return () => signal.removeEventListener("abort", cancel);
}

/** Makes a unary call. */
export function sendUnary(open: OpenCall, request: object): Promise<object> {
  const { client, definition, metadata, options } = open;
  return new Promise((resolve, reject) => {
    if (open.signal?.aborted) return reject(open.cancelled());
    const call = client.makeUnaryRequest(
      definition.path,
      definition.requestSerialize,
      definition.responseDeserialize,
      request,
      metadata,
      options,
      (error, response) => {
        forget();
        if (error !== null) reject(open.failure(error));
        else if (response !== undefined) resolve(response);
      },
    );
    const forget = cancelOnAbort(call, open.signal);
  });
}

/**
 * Makes a client-streaming call. It reads the source only as fast as the peer takes the messages, and stops reading
 * once the response is there. If the source fails, it cancels the call and throws that failure.
 */
export async function sendClientStream(
  open: OpenCall,
  requests: AsyncIterable<object>,
): Promise<object> {
  const { client, definition, metadata, options } = open;
  if (open.signal?.aborted) throw open.cancelled();
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
        if (error !== null) reject(open.failure(error));
        else if (value !== undefined) resolve(value);
        ended.abort(open.cancelled());
      },
    );
  });
  // If the source fails, that failure is thrown below, and the rejection of the call that follows from it must not be
  // unhandled.
  response.catch(() => undefined);
  if (call === undefined) return response;
  const forget = cancelOnAbort(call, open.signal);
  try {
    await writeAll(call, requests, ended.signal);
    call.end();
    return await response;
  } catch (error) {
    // The server answered before the end of the requests: its response is the outcome, not our abort.
    if (ended.signal.aborted) return await response;
    call.cancel();
    throw error;
  } finally {
    forget();
  }
}

/** Makes a server-streaming call. The call starts at once and not at the first read. Leaving the loop cancels it. */
export function openServerStream(open: OpenCall, request: object): AsyncGenerator<object> {
  const { client, definition, metadata, options } = open;
  const call = client.makeServerStreamRequest(
    definition.path,
    definition.requestSerialize,
    definition.responseDeserialize,
    request,
    metadata,
    options,
  );
  return responsesOf(open, call, cancelOnAbort(call, open.signal));
}

/**
 * Reads the responses of a call. grpc-js emits a failure only once, and then the stream looks like a clean end. The listener
 * keeps the failure for a reader that comes late, and prevents that a failure before the first read ends the process.
 */
function responsesOf(
  open: OpenCall,
  call: ClientReadableStream<object>,
  forget: () => void,
): AsyncGenerator<object> {
  let failure: unknown;
  call.on("error", (error) => {
    failure = failureOf(open, error);
  });
  call.on("status", forget);
  async function* read(): AsyncGenerator<object> {
    try {
      for await (const response of call) yield response as object;
    } catch (error) {
      throw failure ?? failureOf(open, error);
    } finally {
      call.cancel();
    }
    if (failure !== undefined) throw failure;
  }
  return read();
}

/** Opens a bidirectional call as grpc-js has it, for callers that need the call's status separate from its last response. */
export const openDuplex = <In, Out>({
  client,
  definition,
  metadata,
  options,
}: CallTarget<In, Out>): ClientDuplexStream<In, Out> =>
  client.makeBidiStreamRequest(
    definition.path,
    definition.requestSerialize,
    definition.responseDeserialize,
    metadata,
    options,
  );

/** Opens a bidirectional call. */
export function openBidi(open: OpenCall): BidiCall<object, object> {
  const call = openDuplex(open);
  const ended = new AbortController();
  call.on("error", (error) => ended.abort(failureOf(open, error)));
  call.on("status", () => ended.abort(open.cancelled()));
  const forget = cancelOnAbort(call, open.signal);
  return {
    async write(request) {
      if (ended.signal.aborted) throw ended.signal.reason;
      if (!call.write(request)) await drained(call, ended.signal);
    },
    end: () => call.end(),
    responses: responsesOf(open, call, forget),
    cancel: () => call.cancel(),
  };
}
