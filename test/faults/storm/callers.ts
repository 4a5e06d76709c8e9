/**
 * Those who call a storm's gateways. Each hand takes the next job, submits it until it is acknowledged,
 * follows it to its end across every cut, reads it again, and writes down what it was told.
 */

import { connectMillrace, type Job, type Millrace, MillraceError } from "@millrace/client";
import { JobService } from "@millrace/proto/job-service";
import { type GrpcClient, grpcClient, RpcFault } from "@millrace/runtime";
import { type Clock, sleep } from "@millrace/shared";
import { type StormJob, wrongEnd } from "./jobs.ts";
import type { Ledger } from "./ledger.ts";
import { nameOf, passing } from "./passing.ts";
import { Seen } from "./seen.ts";

const CALL_MS = 30_000;

export interface Caller {
  readonly millrace: Millrace;
  readonly watching: GrpcClient<typeof JobService>;
}

export interface CallersOptions {
  /** Addresses of the gateways. */
  readonly gateways: readonly string[];
  readonly keys: { readonly [one in StormJob["key"]]: string };
  readonly ledger: Ledger;
  readonly clock: Clock;
}

export class Callers {
  /** How often calls failed, by what they were told. */
  readonly told = new Map<string, number>();
  watches = 0;
  /** Of watches, by whatever. */
  cuts = 0;
  /** How often jobs lost their worker. */
  stalls = 0;
  /** The longest time in which no job ended. */
  longestGapMs = 0;
  readonly #callers: { readonly [one in StormJob["key"]]: Caller };
  readonly #ledger: Ledger;
  readonly #clock: Clock;
  #lastEndMs: number;
  /** What hands are at, by job. */
  readonly doing = new Map<number, string>();

  constructor({ gateways, keys, ledger, clock }: CallersOptions) {
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
    this.#clock = clock;
    this.#lastEndMs = clock.nowMs();
  }

  /** One job from its submission to its end, and what is wrong with it into the ledger. */
  async run(storm: StormJob): Promise<void> {
    try {
      await this.#run(storm);
    } catch (error) {
      this.#ledger.complain(`job ${storm.n}: ${describe(error)}`);
    } finally {
      this.doing.delete(storm.n);
    }
  }

  /** All jobs of both keys in a queue. */
  async *list(queue: string): AsyncGenerator<Job> {
    for (const { millrace } of Object.values(this.#callers)) {
      yield* millrace.list({ queue, pageSize: 500 });
    }
  }

  async close(): Promise<void> {
    for (const { millrace, watching } of Object.values(this.#callers)) {
      await millrace.close();
      watching.close();
    }
  }

  async #run(storm: StormJob): Promise<void> {
    const { n, job, key, watched, cancelMs, again } = storm;
    const { millrace } = this.#callers[key];
    this.doing.set(n, "submitting");
    const submit = async () => {
      const { jobId } = await this.#passing(() => millrace.submit(job));
      this.#ledger.take(n, jobId);
      return jobId;
    };
    const jobId = await submit();
    this.doing.set(n, jobId);
    if (cancelMs !== undefined) {
      await sleep(this.#clock, cancelMs);
      await this.#cancel(millrace, jobId);
    }
    const watching = watched ? this.#watch(storm, jobId) : undefined;
    const end = await this.#passing(() => millrace.wait(jobId, { deadlineMs: 4 * CALL_MS }));
    const nowMs = this.#clock.nowMs();
    this.longestGapMs = Math.max(this.longestGapMs, nowMs - this.#lastEndMs);
    this.#lastEndMs = nowMs;
    this.#ledger.end(end);
    this.stalls += end.stalls;
    const wrong = wrongEnd(storm, end);
    if (wrong !== undefined) this.#ledger.complain(`${jobId}: ${wrong}`);
    if (watching !== undefined) await this.#compare(storm, end, await watching);
    if (again) {
      this.doing.set(n, `${jobId}, again`);
      await submit();
      this.#ledger.end(await this.#passing(() => millrace.getJob(jobId)));
    }
  }

  /** One that has ended meanwhile is told so. */
  async #cancel(millrace: Millrace, jobId: string): Promise<void> {
    try {
      await this.#passing(() => millrace.cancel(jobId));
    } catch (error) {
      if (!(error instanceof MillraceError) || error.code !== "FAILED_PRECONDITION") throw error;
    }
  }

  /** What a reader who was there saw is what one who comes late is given, and agrees with the job. */
  async #compare(storm: StormJob, end: Job, seen: Seen): Promise<void> {
    const late = await this.#watch({ ...storm, readMs: 0 }, end.id);
    for (const reader of [seen, late]) {
      for (const what of reader.wrong) this.#ledger.complain(`${end.id}: ${what}`);
    }
    if (seen.digest() !== late.digest()) {
      this.#ledger.complain(`${end.id}: its output was another to a late reader`);
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

  /** Reads all output as the protocol has it, resuming after each cut: the client would hide what is repeated. */
  async #watch({ key, readMs }: StormJob, jobId: string): Promise<Seen> {
    const { rpc } = this.#callers[key].watching;
    const seen = new Seen();
    this.watches += 1;
    await this.#passing(
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

  #passing<T>(call: () => Promise<T>, onFailure = () => {}): Promise<T> {
    return passing(call, this.#clock, (error) => {
      const what = `${nameOf(error)} ${error.reason ?? ""}`.trim();
      this.told.set(what, (this.told.get(what) ?? 0) + 1);
      onFailure();
    });
  }
}

const describe = (error: unknown): string =>
  error instanceof MillraceError || error instanceof RpcFault
    ? `${nameOf(error)} ${error.reason ?? ""}: ${error.message}`
    : String(error instanceof Error ? error.stack : error);
