import {
  create,
  type DescMethod,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { type ServiceError, status } from "@grpc/grpc-js";
import {
  bytesDefinition,
  callMetadata,
  type OpenCall,
  openServerStream,
  sendClientStream,
  sendUnary,
} from "@millrace/grpc";
import {
  type DownloadDocumentResponse,
  type LeaseRef,
  type StoreDocumentRequestSchema,
  type StoreDocumentResponse,
  WorkerService,
} from "@millrace/proto/worker-service";
import { retrying, systemClock } from "@millrace/shared";
import { NonRetryableError } from "../job-failure.ts";
import type { WorkerSettings } from "../worker-defaults.ts";
import type { TracedCall } from "../worker-options.ts";
import { CallRefused, passes, passesSlowly } from "./call-refused.ts";
import { Channel } from "./channel.ts";
import { isRepeatable, type NewDocument, partsOf } from "./new-document.ts";

const backoff = { initialMs: 200, maxMs: 5_000, factor: 2, jitter: 0.5 };
/** A scheduler that is silent for so long is given up, and the call is made again. */
const CALL_MS = 30_000;
/**
 * How long a call is repeated that a full queue or a refused token stops. The attempt keeps its slot meanwhile, and the
 * jobs that must end first may need that slot.
 */
const FULL_MS = 30_000;

/** Makes a unary call. Rejects with a CallRefused. */
export type Call = <Method extends DescMethod>(
  method: Method extends DescMethodUnary ? Method : never,
  request: MessageInitShape<Method["input"]>,
  signal: AbortSignal,
) => Promise<MessageShape<Method["output"]>>;

/** Downloads a document that an attempt reads. It is not repeated. Throws a CallRefused. */
export type Download = (
  lease: LeaseRef,
  documentId: string,
  signal: AbortSignal,
) => AsyncGenerator<DownloadDocumentResponse>;

/** Stores a document that an attempt has made. It is repeated if its content can be read again. Rejects with a CallRefused. */
export type Store = (
  lease: LeaseRef,
  document: NewDocument,
  signal: AbortSignal,
) => Promise<StoreDocumentResponse>;

/**
 * The unary calls of a worker's attempts, on a connection of their own. All of them are safe to repeat, at any scheduler,
 * because leases are in the store. A call is repeated until it succeeds while no scheduler can answer it.
 */
export class SchedulerCalls {
  readonly #options: WorkerSettings;
  readonly #channel: Channel;

  constructor(options: WorkerSettings) {
    this.#options = options;
    const { address, credentials } = options;
    this.#channel = new Channel({ address, credentials, use: {} });
  }

  readonly call: Call = async (method, request, signal) => {
    const bytes = bytesOf(method, request);
    return this.#repeating(() => this.#send(method, bytes, signal), signal);
  };

  readonly store: Store = (lease, document, signal) => {
    const send = async () => {
      signal.throwIfAborted();
      const method = WorkerService.method.storeDocument;
      const open = this.#open(method, signal, {});
      const parts = encoded(partsOf(lease, document));
      return fromBinary(method.output, (await sendClientStream(open, parts)) as Buffer);
    };
    return isRepeatable(document.content) ? this.#repeating(send, signal) : send();
  };

  /** Makes a call until it succeeds, as long as that may help. */
  #repeating<T>(send: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const { clock, random } = this.#options;
    let fullSinceMs: number | undefined;
    const passesInTime = (error: unknown) => {
      if (passes(error)) return true;
      if (!passesSlowly(error)) return false;
      fullSinceMs ??= clock.nowMs();
      return clock.nowMs() - fullSinceMs < FULL_MS;
    };
    return retrying(send, {
      ...{ clock, random, backoff, signal, passes: passesInTime },
      aborted: () => signal.reason,
      askedMs: (error) => (error instanceof CallRefused ? error.retryDelayMs : undefined),
    });
  }

  readonly download: Download = (...args) => this.#download(...args);

  async *#download(...[lease, documentId, signal]: Parameters<Download>): ReturnType<Download> {
    const method = WorkerService.method.downloadDocument;
    signal.throwIfAborted();
    const open = this.#open(method, signal, {});
    const bytes = bytesOf(method, { lease, documentId });
    for await (const response of openServerStream(open, bytes)) {
      yield fromBinary(method.output, response as Buffer);
    }
  }

  close(): void {
    this.#channel.close();
  }

  async #send<Method extends DescMethod>(
    method: Method,
    bytes: Uint8Array,
    signal: AbortSignal,
  ): Promise<MessageShape<Method["output"]>> {
    signal.throwIfAborted();
    const { address, traceCall } = this.#options;
    const traced = traceCall?.({ path: bytesDefinition(method).path, address });
    const open = this.#open(method, signal, { deadline: systemClock.nowMs() + CALL_MS });
    for (const [name, value] of Object.entries(traced?.headers ?? {})) {
      open.metadata.set(name, value);
    }
    const answer = (await sendUnary(open, bytes).then(
      (answer) => {
        traced?.end({ code: status[status.OK] });
        return answer;
      },
      (error: unknown) => {
        traced?.end(endOf(error));
        throw error;
      },
    )) as Buffer;
    return fromBinary(method.output, answer) as MessageShape<Method["output"]>;
  }

  #open(method: DescMethod, signal: AbortSignal, options: OpenCall["options"]): OpenCall {
    const { token, tls } = this.#options;
    const call = {
      client: this.#channel.client(tls?.current),
      definition: bytesDefinition(method),
      metadata: callMetadata(typeof token === "function" ? token() : token),
      ...{ options, signal },
      failure: (error: ServiceError) => (signal.aborted ? signal.reason : new CallRefused(error)),
      cancelled: () => signal.reason as Error,
    };
    return call as OpenCall;
  }
}

/** How a call ended that did not succeed. One that its attempt gave up was cancelled, and has not failed. */
function endOf(error: unknown): Parameters<TracedCall["end"]>[0] {
  if (!(error instanceof CallRefused)) return { code: status[status.CANCELLED] };
  const { code, reason, message } = error;
  return { code: status[code], failure: { reason: reason ?? status[code], message } };
}

async function* encoded(
  parts: AsyncIterable<MessageInitShape<typeof StoreDocumentRequestSchema>>,
): AsyncGenerator<Uint8Array> {
  for await (const part of parts) yield bytesOf(WorkerService.method.storeDocument, part);
}

/** Encodes a request once, before it is sent. A value that its field cannot hold would look like a broken connection. */
function bytesOf<Method extends DescMethod>(
  { input }: Method,
  request: MessageInitShape<Method["input"]>,
): Uint8Array {
  try {
    return toBinary(input, create(input, request));
  } catch (cause) {
    throw new NonRetryableError("MALFORMED", `A value cannot be sent: ${String(cause)}.`, {
      cause,
    });
  }
}
