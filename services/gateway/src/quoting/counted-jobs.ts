import { create } from "@bufbuild/protobuf";
import type { DocumentStore } from "@millrace/documents";
import type { JobSpec } from "@millrace/proto/job";
import { type CountedJob, CountedJobSchema } from "@millrace/proto/scheduler-service";
import { checkJob, RpcFault, rpcError } from "@millrace/runtime";
import { createLoopTurns, type KeyId, relayedTokens } from "@millrace/shared";
import { documentNotFound } from "../documents/own-document.ts";
import { assertCallersQueue } from "../submitting/callers-queue.ts";
import { type DocumentCounter, type DocumentTokens, sumOfDocuments } from "./document-tokens.ts";
import { countsDocuments, jobTokens } from "./job-tokens.ts";
import type { TokenRange } from "./token-range.ts";

export interface JobCounterParts {
  readonly documents: Pick<DocumentStore, "get">;
  readonly countDocument: DocumentCounter;
}

/** Checks jobs as a submission does, and counts their tokens. Throws MALFORMED with the job's place. */
export type JobCounter = (
  keyId: KeyId,
  specs: readonly JobSpec[],
  nowMs: number,
) => Promise<readonly CountedJob[]>;

/** How many bytes of payloads a call counts before it yields to other calls. */
const COUNTED_AT_ONCE_BYTES = 128 * 1024;

export function jobCounter({ documents, countDocument }: JobCounterParts): JobCounter {
  const nextTurn = createLoopTurns();
  return async (keyId, specs, nowMs) => {
    const known = new Map<string, DocumentTokens>();
    const ofDocument = async (id: string) => {
      const before = known.get(id);
      if (before !== undefined) return before;
      const document = await documents.get(id, keyId);
      if (document === undefined) throw documentNotFound(id);
      const counted = await countDocument(document);
      known.set(id, counted);
      return counted;
    };
    const jobs: CountedJob[] = [];
    let bytes = 0;
    for (const [index, spec] of specs.entries()) {
      inPlace(index, () => {
        checkJob(spec, nowMs);
        assertCallersQueue(spec.queue);
      });
      const payload = spec.payload.case === "payloadJson" ? spec.payload.value || "{}" : "{}";
      bytes += payload.length;
      if (bytes > COUNTED_AT_ONCE_BYTES) {
        await nextTurn();
        bytes = 0;
      }
      const counted = new Map<string, DocumentTokens>();
      for (const id of spec.documentIds) {
        if (countsDocuments(spec.type)) counted.set(id, await ofDocument(id));
        else if ((await documents.get(id, keyId)) === undefined) throw documentNotFound(id);
      }
      jobs.push(countedJob(spec, payload, counted));
    }
    return jobs;
  };
}

function countedJob(
  spec: JobSpec,
  payload: string,
  documents: ReadonlyMap<string, DocumentTokens>,
): CountedJob {
  const counted = jobTokens(spec.type, payload, sumOfDocuments([...documents.values()]));
  const estimatedTokens = spec.estimatedTokens || (relayedTokens(spec.type, payload) ?? 0);
  const estimated = [...documents].filter(([, { estimated }]) => estimated).map(([id]) => id);
  return create(CountedJobSchema, {
    // The scheduler has no use for the payload.
    spec: { ...spec, estimatedTokens, payload: { case: undefined } },
    estimatedDocumentIds: estimated,
    ...(counted === undefined
      ? {}
      : {
          inputTokens: rangeMessage(counted.input),
          outputTokens: rangeMessage(counted.output),
          tokenBasis:
            estimated.length === 0
              ? counted.basis
              : `${counted.basis}; the text of ${estimated.length} documents is estimated from their size`,
          parts: counted.parts ?? 0,
        }),
  });
}

const rangeMessage = ({ low, likely, high }: TokenRange) => ({
  ...{ low: BigInt(Math.floor(low)), likely: BigInt(Math.ceil(likely)) },
  high: BigInt(Math.ceil(high)),
});

/** Names the job in what is wrong with it. */
function inPlace(index: number, check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof RpcFault) || error.reason === undefined) throw error;
    const { reason, message, metadata } = error;
    throw rpcError({
      ...{ reason, metadata, message: `jobs[${index}].${message}` },
      violations: error.violations.map(({ field, description }) => ({
        ...{ field: `jobs[${index}].${field}`, description },
      })),
    });
  }
}
