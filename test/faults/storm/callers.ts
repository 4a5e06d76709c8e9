/**
 * The callers of a storm. Each of them takes the next job and submits it until it is acknowledged. It then
 * follows the job to its end across every cut, reads it again, and enters all that it was told into the ledger.
 */

import {
  connectMillrace,
  type Group,
  type Job,
  type Millrace,
  MillraceError,
} from "@millrace/client";
import { JobService } from "@millrace/proto/job-service";
import { type GrpcClient, grpcClient, RpcFault } from "@millrace/runtime";
import { type Clock, sleep } from "@millrace/shared";
import type { Absences } from "./absences.ts";
import { type StormJob, wrongEnd } from "./jobs.ts";
import type { Ledger } from "./ledger.ts";
import { modelOf } from "./models.ts";
import { nameOf, retryTransient } from "./retry-transient.ts";
import { Seen } from "./seen.ts";

const CALL_MS = 30_000;

export interface Caller {
  readonly millrace: Millrace;
  readonly watching: GrpcClient<typeof JobService>;
}

export interface CallersOptions {
  /** The addresses of the gateways. */
  readonly gateways: readonly string[];
  readonly keys: { readonly [one in StormJob["key"]]: string };
  readonly ledger: Ledger;
  readonly absences: Absences;
  readonly clock: Clock;
}

export class Callers {
  /** How often calls failed, by code and reason. */
  readonly told = new Map<string, number>();
  watches = 0;
  /** How often watches were cut, for any reason. */
  cuts = 0;
  /** How often jobs lost their worker. */
  stalls = 0;
  /** How many jobs of models have succeeded, by the account of the last attempt. */
  readonly routed = new Map<string, number>();
  /** The longest time in which no job ended. */
  longestGapMs = 0;
  readonly #callers: { readonly [one in StormJob["key"]]: Caller };
  readonly #ledger: Ledger;
  readonly #absences: Absences;
  readonly #clock: Clock;
  #lastEndMs: number;
  /** What the callers are doing, by job number. */
  readonly doing = new Map<number, string>();

  constructor({ gateways, keys, ledger, absences, clock }: CallersOptions) {
    const caller = (apiKey: string): Caller => ({
      millrace: connectMillrace({ address: gateways, apiKey, deadlineMs: CALL_MS }),
      watching: grpcClient(JobService, `ipv4:${gateways.join(",")}`, {
        token: apiKey,
        channelOptions: {
          ...{ "grpc.keepalive_time_ms": 3_000, "grpc.keepalive_timeout_ms": 3_000 },
          "grpc.use_local_subchannel_pool": 1,
        },
      }),
    });
    this.#callers = { free: caller(keys.free), limited: caller(keys.limited) };
    this.#ledger = ledger;
    this.#absences = absences;
    this.#clock = clock;
    this.#lastEndMs = clock.nowMs();
  }

  /** Runs one job from its submission to its end, and enters every violation into the ledger. */
  async run(storm: StormJob): Promise<void> {
    try {
      await this.#run(storm);
    } catch (error) {
      this.#ledger.complain(`job ${storm.n}: ${describe(error)}`);
    } finally {
      this.doing.delete(storm.n);
    }
  }

  /** Lists all jobs of both keys in a queue. */
  async *list(queue: string): AsyncGenerator<Job> {
    for (const { millrace } of Object.values(this.#callers)) {
      yield* millrace.list({ queue, pageSize: 500 });
    }
  }

  /** Lists all groups of both keys in these queues, each with a client of its key. */
  async *listGroups(
    ...queues: readonly string[]
  ): AsyncGenerator<{ millrace: Millrace; group: Group }> {
    for (const { millrace } of Object.values(this.#callers)) {
      for (const queue of queues) {
        for await (const group of millrace.listGroups({ queue, pageSize: 500 })) {
          yield { millrace, group };
        }
      }
    }
  }

  /** Returns the client of a key. */
  millrace(key: StormJob["key"]): Millrace {
    return this.#callers[key].millrace;
  }

  async close(): Promise<void> {
    for (const { millrace, watching } of Object.values(this.#callers)) {
      await millrace.close();
      watching.close();
    }
  }

  async #run(storm: StormJob): Promise<void> {
    const { n, job, key, watched, cancelMs, cancelAfter, again } = storm;
    const submittedMs = this.#clock.nowMs();
    const { millrace } = this.#callers[key];
    this.doing.set(n, "submitting");
    const submit = async () => {
      const { jobId } = await this.retryTransient(() => millrace.submit(job));
      this.#ledger.acknowledge(n, jobId);
      return jobId;
    };
    const jobId = await submit();
    this.doing.set(n, jobId);
    if (cancelMs !== undefined) {
      await cancelAfter;
      await sleep(this.#clock, cancelMs);
      await this.#cancel(millrace, jobId);
    }
    const watching = watched ? this.#watch(storm, jobId) : undefined;
    const end = await this.retryTransient(() => millrace.wait(jobId, { deadlineMs: 4 * CALL_MS }));
    const nowMs = this.#clock.nowMs();
    this.longestGapMs = Math.max(this.longestGapMs, nowMs - this.#lastEndMs);
    this.#lastEndMs = nowMs;
    this.#ledger.end(end);
    this.stalls += end.stalls;
    const { account } = end.route ?? {};
    if (account !== undefined && end.state === "SUCCEEDED") {
      this.routed.set(account, (this.routed.get(account) ?? 0) + 1);
    }
    const model = modelOf(job.model ?? "")?.name;
    const modelWasAway = model !== undefined && this.#absences.since(model, submittedMs);
    const wrong = wrongEnd(storm, end, modelWasAway);
    if (wrong !== undefined) this.#ledger.complain(`${jobId}: ${wrong}`);
    if (watching !== undefined) await this.#compare(storm, end, await watching);
    if (again) {
      this.doing.set(n, `${jobId}, again`);
      await submit();
      this.#ledger.end(await this.retryTransient(() => millrace.getJob(jobId)));
    }
  }

  /** Cancels a job. If the job has ended meanwhile, the answer is FAILED_PRECONDITION. */
  async #cancel(millrace: Millrace, jobId: string): Promise<void> {
    try {
      await this.retryTransient(() => millrace.cancel(jobId));
    } catch (error) {
      if (!(error instanceof MillraceError) || error.code !== "FAILED_PRECONDITION") throw error;
    }
  }

  /** Compares the output that an early reader saw with the output that a late reader gets, and with the job. */
  async #compare(storm: StormJob, end: Job, seen: Seen): Promise<void> {
    const late = await this.#watch({ ...storm, readMs: 0 }, end.id);
    for (const reader of [seen, late]) {
      for (const what of reader.wrong) this.#ledger.complain(`${end.id}: ${what}`);
    }
    if (seen.digest() !== late.digest()) {
      this.#ledger.complain(`${end.id}: a late reader got other output`);
    }
    if (late.next !== end.outputOffset) {
      this.#ledger.complain(`${end.id}: ${end.outputOffset} chunks, ${late.next} seen`);
    }
    const { text, summary } = (end.result ?? {}) as { text?: string; summary?: string };
    if (end.state === "SUCCEEDED" && (text ?? summary) !== late.text) {
      this.#ledger.complain(
        `${end.id}: result ${text ?? summary}, last output ${late.text}, ${late.next} chunks`,
      );
    }
  }

  /**
   * Reads all output by the protocol itself, and resumes after each cut. The client library would hide repeated
   * chunks.
   */
  async #watch({ key, readMs }: StormJob, jobId: string): Promise<Seen> {
    const { rpc } = this.#callers[key].watching;
    const seen = new Seen();
    this.watches += 1;
    await this.retryTransient(
      async () => {
        const fromOffset = BigInt(seen.next);
        for await (const { event } of rpc.watchJob({ jobId, fromOffset })) {
          if (readMs > 0) await sleep(this.#clock, readMs);
          if (event.case === "chunks") for (const chunk of event.value.chunks) seen.add(chunk);
        }
      },
      () => {
        this.cuts += 1;
      },
    );
    return seen;
  }

  /** Repeats a call after each failure that may pass, and counts the failures. */
  retryTransient<T>(call: () => Promise<T>, onFailure = () => {}): Promise<T> {
    return retryTransient(call, this.#clock, (error) => {
      const what = `${nameOf(error)} ${error.reason ?? ""}`.trim();
      this.told.set(what, (this.told.get(what) ?? 0) + 1);
      onFailure();
    });
  }
}

export const describe = (error: unknown): string =>
  error instanceof MillraceError || error instanceof RpcFault
    ? `${nameOf(error)} ${error.reason ?? ""}: ${error.message}`
    : String(error instanceof Error ? error.stack : error);
