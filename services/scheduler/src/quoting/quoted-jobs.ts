import type { Engine, Model, Placement, QuotedPlace } from "@millrace/engine";
import type { CountedJob } from "@millrace/proto/scheduler-service";
import { rpcError } from "@millrace/runtime";
import { type KeyId, limits, type QueueName } from "@millrace/shared";
import { unknownModel } from "../messages/submit-result.ts";

/** A job to quote, with what it names. */
export interface QuotedJob {
  readonly counted: CountedJob;
  readonly model: Model | undefined;
  readonly place: QuotedPlace;
  /** Jobs with the same name wait in one place, one after the other. */
  readonly placeName: string;
}

/** How many places the jobs of a call may have: each costs the store a script. */
export const MOST_PLACES = 64;

/** Finds the models of jobs. Throws what would refuse a submission: no such queue or model, or a type that the queue refuses. */
export async function quotedJobs(
  engine: { readonly models: Pick<Engine["models"], "lookUp"> } & Pick<Engine, "recentQueue">,
  keyId: KeyId,
  jobs: readonly CountedJob[],
): Promise<readonly QuotedJob[]> {
  const found: QuotedJob[] = [];
  for (const [index, counted] of jobs.entries()) {
    const { spec } = counted;
    if (spec === undefined) throw rpcError({ reason: "MALFORMED", message: "a job has no spec" });
    const definition = await engine.recentQueue(spec.queue as QueueName);
    if (definition === undefined) {
      throw rpcError({
        reason: "QUEUE_NOT_FOUND",
        message: `jobs[${index}].queue: there is no queue ${spec.queue}; check the name, or ask an operator to create it`,
      });
    }
    const { types = [] } = definition;
    if (types.length > 0 && !types.includes(spec.type)) {
      throw rpcError({
        reason: "UNKNOWN_JOB_TYPE",
        message: `jobs[${index}].type: the queue accepts no jobs of this type; check the type, or use another queue`,
      });
    }
    const looked = spec.model === "" ? undefined : await engine.models.lookUp(spec.model);
    if (looked?.kind === "notFound") {
      throw rpcError(unknownModel(`jobs[${index}].model`, spec.model, looked.nearest));
    }
    const model = looked?.model;
    const priority = spec.priority ?? limits.priority.default;
    const place: QuotedPlace = {
      ...{ queue: spec.queue as QueueName, keyId, type: spec.type, priority },
      ...(spec.pool === "" ? {} : { pool: spec.pool }),
      ...(model === undefined ? {} : { model: model.name }),
      ...(spec.estimatedTokens === 0 ? {} : { estimatedTokens: spec.estimatedTokens }),
    };
    const placeName = [spec.queue, spec.type, priority, spec.pool, model?.name ?? ""].join(" ");
    found.push({ counted, model, place, placeName });
  }
  return found;
}

/** Reads what would hold jobs, once for each place. */
export async function placementsOf(
  engine: Pick<Engine, "placement">,
  jobs: readonly QuotedJob[],
): Promise<ReadonlyMap<string, Placement>> {
  const places = new Map(jobs.map(({ placeName, place }) => [placeName, place]));
  if (places.size > MOST_PLACES) {
    const description = `are of ${places.size} places (queue, type, priority, pool or model), and a quote takes at most ${MOST_PLACES}: quote them in several calls`;
    throw rpcError({
      reason: "MALFORMED",
      message: `jobs: ${description}`,
      violations: [{ field: "jobs", description }],
    });
  }
  const read = [...places].map(async ([name, place]) => {
    const placement = await engine.placement(place);
    if (placement === undefined) {
      const message = `queue: there is no queue ${place.queue}`;
      throw rpcError({ reason: "QUEUE_NOT_FOUND", message });
    }
    return [name, placement] as const;
  });
  return new Map(await Promise.all(read));
}
