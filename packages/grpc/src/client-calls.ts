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

/** A stream of requests and one of responses. */
export interface BidiCall<In, Out> {
  /** Resolves when the stream takes more; rejects with the call's failure once it has ended. */
  write(request: In): Promise<void>;
  /** Half-closes: no more requests, responses go on. */
  end(): void;
  /** For one reader. Throws the failure if the call fails; leaving the loop cancels the call. */
  readonly responses: AsyncIterable<Out>;
  cancel(): void;
}

/** Where a call goes, and what it says. */
export interface CallTarget<In = object, Out = object> {
  readonly client: Client;
  readonly definition: MethodDefinition<In, Out>;
  readonly metadata: Metadata;
  readonly options: CallOptions;
}

/** Everything one call over grpc-js needs. */
export interface OpenCall extends CallTarget {
  /** Cancels the call when it aborts. */
  readonly signal: AbortSignal | undefined;
  /** What a failure is to whoever made the call. */
  readonly failure: (error: ServiceError) => Error;
  /** The failure of a call that was cancelled before it began, or that is written to after its end. */
  readonly cancelled: () => Error;
}

const failureOf = ({ failure }: OpenCall, error: unknown): unknown =>
  error instanceof Error && "code" in error && "metadata" in error
    ? failure(error as ServiceError)
    : error;

/** Cancels a call on abort; the returned function forgets the signal, which may outlive the call. */
function cancelOnAbort(call: { cancel(): void }, signal: AbortSignal | undefined): () => void {
  if (signal === undefined) return () => undefined;
  const cancel = () => call.cancel();
  if (signal.aborted) cancel();
  signal.addEventListener("abort", cancel, { once: true });
  return () => signal.removeEventListener("abort", cancel);
}

/** One request, one response. */
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
 * A stream of requests, one response. The source is read as fast as the peer takes it, and no further once there is an
 * answer. Where the source fails, the call is cancelled, and the failure thrown.
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

/** One request, a stream of responses. Starts the call at once, not at the first read; leaving the loop cancels it. */
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
 * grpc-js emits a failure once and then looks like a clean end: it is kept for a reader who comes
 * late, and the listener keeps a failure before the first read from ending the process.
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

/** Two streams, as grpc-js has them: for whoever must see the call's status apart from its last response. */
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

/** A stream of requests and one of responses. */
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
