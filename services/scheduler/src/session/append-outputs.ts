import type { MessageInitShape } from "@bufbuild/protobuf";
import type { AppendOutcome, Engine, Failure, LeaseRef, OutputBatch } from "@millrace/engine";
import {
  type AttemptOutput,
  AttemptOutputSchema,
  type OutputAckSchema,
} from "@millrace/proto/worker-service";
import { brokenRules, warmRules } from "@millrace/runtime";
import { groups } from "@millrace/shared";
import { chunkOf, outputAck } from "../messages/work-message.ts";
import { unlessOutage } from "../store/store-outage.ts";
import type { HeldLeases } from "./held-leases.ts";
import { knownLeases } from "./known-leases.ts";
import type { Writes } from "./writes.ts";

/** How much output of one worker goes to the store at once, so that other workers' output gets its turn. */
const outputGroups = {
  maxItems: 256,
  maxWeight: 256 * 1024,
  weigh: ({ chunks }: OutputBatch) => chunks.reduce((sum, { body }) => sum + body.length, 0),
};

warmRules(AttemptOutputSchema);

export interface AppendOutputsParts {
  readonly engine: Pick<Engine, "getJobs">;
  readonly writes: Writes;
  readonly held: HeldLeases;
  /** Opens the lease that the worker names. */
  readonly open: (lease: AttemptOutput["lease"]) => LeaseRef;
}

/**
 * Stores the output of a worker's attempts, and returns the answers in their order. Output that breaks a rule of the contract
 * fails its job, because the worker would send the same again, and the worker is told that it has lost the lease. Its other
 * attempts are not affected. Throws MALFORMED, before anything is stored, if output does not name a lease.
 */
export async function appendOutputs(
  parts: AppendOutputsParts,
  attempts: readonly AttemptOutput[],
): Promise<readonly MessageInitShape<typeof OutputAckSchema>[]> {
  const outputs = attempts.map((output) => ({
    ...{ output, failure: brokenOutput(output) },
    ref: parts.open(output.lease),
  }));
  const sound = outputs.filter(({ failure }) => failure === undefined);
  const appended = await append(
    parts.writes,
    sound.map(({ output: { firstSequence, chunks }, ref }) => ({
      ...ref,
      chunks: chunks.map((chunk, i) => chunkOf(chunk, firstSequence + i)),
    })),
  );
  const outcomes = new Map(sound.map((one, i) => [one, appended[i]]));
  const broken = outputs.flatMap(({ ref, failure }) => (failure ? [{ ref, failure }] : []));
  const ended = broken.length === 0 ? true : await unlessOutage(fail(parts, broken));
  return outputs.map((one) => {
    const failed: AppendOutcome | undefined = ended === undefined ? ended : { kind: "leaseLost" };
    const outcome = one.failure === undefined ? outcomes.get(one) : failed;
    if (outcome?.kind === "leaseLost") parts.held.drop(one.ref);
    return outputAck(one.output.lease, outcome);
  });
}

/** Undefined in the place of an outcome means that the store is unavailable. */
async function append(
  writes: Writes,
  batches: readonly OutputBatch[],
): Promise<readonly (AppendOutcome | undefined)[]> {
  const outcomes: (AppendOutcome | undefined)[] = [];
  for (const group of groups(batches, outputGroups)) {
    const stored = await unlessOutage(writes.append(group));
    outcomes.push(...group.map((_, i) => stored?.[i]));
  }
  return outcomes;
}

/** The failure of a job whose output breaks a rule of the contract; undefined if it breaks none. */
function brokenOutput(output: AttemptOutput): Failure | undefined {
  const broken = brokenRules(AttemptOutputSchema, output);
  if (broken === undefined) return undefined;
  const namesLease = broken.violations.every(
    ({ field }) => field !== "lease" && !field.startsWith("lease."),
  );
  if (!namesLease) throw broken;
  return {
    reason: broken.reason ?? "MALFORMED",
    message: `The output that the worker sent breaks a rule: ${broken.message}. Correct the worker.`,
    retryable: false,
  };
}

/** Ends the attempts whose output breaks a rule. A lease that is lost already changes nothing. */
async function fail(
  { engine, writes, held }: AppendOutputsParts,
  broken: readonly { readonly ref: LeaseRef; readonly failure: Failure }[],
): Promise<true> {
  const refs = broken.map(({ ref }) => ref);
  const leases = await knownLeases(engine, held, refs);
  await writes.settle(
    broken.map(({ ref, failure }, i) => ({
      settlement: { ...ref, kind: "fail", state: "FAILED", failure },
      job: leases[i]?.job,
    })),
  );
  return true;
}
