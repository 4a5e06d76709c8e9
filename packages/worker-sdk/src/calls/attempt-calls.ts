import {
  type Assignment,
  type LeaseRef,
  type StoreDocumentResponse,
  WorkerService,
} from "@millrace/proto/worker-service";
import { jsonText, limits } from "@millrace/shared";
import type {
  ChildResult,
  Children,
  ChildrenInTurn,
  FanOutManyOptions,
  FanOutManyResult,
  FanOutOptions,
  FanOutResult,
} from "../groups/contract.ts";
import { FanOuts } from "../groups/fan-outs.ts";
import { childResult, readPages } from "../groups/read-children.ts";
import type { WaitingForChildren } from "../groups/waiting.ts";
import { JobFailure, NonRetryableError } from "../job-failure.ts";
import { failureOf, isLeaseLost } from "./call-refused.ts";
import type { NewDocument, StoredDocument } from "./new-document.ts";
import type { Call, Download, Store } from "./scheduler-calls.ts";

export interface AttemptCallsOptions {
  readonly call: Call;
  readonly download: Download;
  readonly store: Store;
  readonly lease: LeaseRef;
  readonly assignment: Assignment;
  /** Ends the calls when the attempt stops. */
  readonly signal: AbortSignal;
  onLeaseLost(): void;
  onWaiting(waiting: WaitingForChildren): void;
}

/** What one attempt asks of schedulers besides its stream. An executor that does not handle a refusal fails by it. */
export class AttemptCalls {
  readonly #options: AttemptCallsOptions;
  readonly #fanOuts: FanOuts;
  /** Checkpoints are stored one after the other, so that the last one remains. */
  #lastCheckpoint: Promise<unknown> = Promise.resolve();

  constructor(options: AttemptCallsOptions) {
    this.#options = options;
    const { lease, signal, assignment, onWaiting } = options;
    const { fanOuts: stored, traceparent, tracestate } = assignment;
    this.#fanOuts = new FanOuts({
      ...{ call: this.#call, lease, signal, stored, traceparent, tracestate, onWaiting },
    });
  }

  fanOut(children: Children, options?: FanOutOptions): Promise<FanOutResult> {
    return handled(this.#fanOuts.fanOut(children, options));
  }

  fanOutMany(children: ChildrenInTurn, options: FanOutManyOptions): Promise<FanOutManyResult> {
    return handled(this.#fanOuts.fanOutMany(children, options));
  }

  async *children(): AsyncGenerator<ChildResult> {
    const { lease, signal, assignment } = this.#options;
    if (assignment.finalizesGroupId === "") {
      const message = "The job finalizes no group, so it has no children to read.";
      throw new NonRetryableError("GROUP_NOT_FOUND", message);
    }
    const reader = { call: this.#call, lease, signal };
    for await (const page of readPages(reader, 0)) yield* page.children.map(childResult);
  }

  /** Yields a document's content. A stream that breaks may look like its end, so the bytes are counted. */
  async *document(documentId: string): AsyncGenerator<Uint8Array> {
    const { lease, signal, download } = this.#options;
    let expected: bigint | undefined;
    let bytes = 0n;
    try {
      for await (const { part } of download(lease, documentId, signal)) {
        if (part.case === "document") expected = part.value.size;
        if (part.case !== "content") continue;
        bytes += BigInt(part.value.length);
        yield part.value;
      }
    } catch (error) {
      throw this.#refusal(error);
    }
    if (bytes === expected) return;
    const after =
      expected === undefined ? "before it began" : `after ${bytes} of ${expected} bytes`;
    const message = `The document ${documentId} ended ${after}.`;
    throw new JobFailure("SCHEDULER_REFUSED", message, true);
  }

  storeDocument(document: NewDocument): Promise<StoredDocument> {
    const { lease, signal, store } = this.#options;
    return handled(
      store(lease, document, signal).then(
        (answer) => storedDocument(answer),
        (error: unknown) => {
          throw this.#refusal(error);
        },
      ),
    );
  }

  checkpoint(value: unknown): Promise<void> {
    const { lease, signal } = this.#options;
    const save = async (json: string) => {
      const request = { lease, checkpointJson: json };
      await this.#call(WorkerService.method.saveCheckpoint, request, signal);
    };
    let json: string;
    try {
      json = checkpointJson(value);
    } catch (error) {
      return handled(Promise.reject(error));
    }
    const saved = this.#lastCheckpoint.then(() => save(json));
    this.#lastCheckpoint = saved.catch(() => undefined);
    return handled(saved);
  }

  readonly #call: Call = async (method, request, signal) => {
    try {
      return await this.#options.call(method, request, signal);
    } catch (error) {
      throw this.#refusal(error);
    }
  };

  /** What an executor gets for a refused call. */
  #refusal(error: unknown): unknown {
    if (!isLeaseLost(error)) return failureOf(error);
    this.#options.onLeaseLost();
    return this.#options.signal.reason ?? error;
  }
}

function storedDocument({ document, existing }: StoreDocumentResponse): StoredDocument {
  if (document === undefined) throw new Error("the scheduler answered without a document");
  const { id, name, contentType, size, sha256 } = document;
  return { id, name, contentType, sizeBytes: Number(size), sha256, existing };
}

function checkpointJson(value: unknown): string {
  let json: string | undefined;
  try {
    json = jsonText(value);
  } catch (cause) {
    const message = `The checkpoint is not JSON: ${String(cause)}.`;
    throw new NonRetryableError("MALFORMED", message, { cause });
  }
  if (json === undefined) {
    throw new NonRetryableError("MALFORMED", `The checkpoint is not JSON: a ${typeof value}.`);
  }
  if (Buffer.byteLength(json) <= limits.checkpointBytes) return json;
  throw new NonRetryableError("TOO_LARGE", "The checkpoint is larger than 256 KiB.");
}

/** An executor that does not await a call must not crash the process when it rejects. */
function handled<T>(call: Promise<T>): Promise<T> {
  call.catch(() => undefined);
  return call;
}
