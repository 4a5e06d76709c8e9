/** Jobs with the fates that docs/tracing.md shows, each run through a whole system. */
import { connectMillrace, type Millrace } from "@millrace/client";
import { type LocalSystem, startSystem } from "@millrace/local";
import { AdminService } from "@millrace/proto/admin-service";
import { grpcClient } from "@millrace/runtime";
import {
  answer,
  answerChunk,
  type ProviderReply,
  type ProviderSimulator,
  refuse,
  startProviderSimulator,
} from "@millrace/testing";

export const POOL = "openai/gpt-5-mini";
const QUEUE = "documents";

/** An answer with everything that a provider may report of it. */
const by = { id: "chatcmpl-1", model: "gpt-5-mini-2026-08-07" };
const whole: ProviderReply = {
  kind: "stream",
  pauseMs: 40,
  events: [
    answerChunk({ content: "The mill turns " }, null, by),
    answerChunk({ content: "by water." }, "stop", by),
    answerChunk({}, null, {
      ...by,
      usage: {
        ...{ prompt_tokens: 120, completion_tokens: 40, total_tokens: 160 },
        prompt_tokens_details: { cached_tokens: 96 },
        completion_tokens_details: { reasoning_tokens: 24 },
      },
    }),
    "data: [DONE]\n\n",
  ],
};

/** How the provider answers a job's calls, in order. The last reply is repeated. */
const replies: Readonly<Record<string, readonly ProviderReply[]>> = {
  succeeded: [whole],
  retried: [refuse(500, "server_error"), whole],
  bounced: [refuse(429, "rate_limit_exceeded", { "retry-after": "1" }), whole],
  slow: [{ ...answer("By ", "water", "."), pauseMs: 300 } as ProviderReply],
  hangs: [{ kind: "silence" }],
  lost: [{ kind: "silence" }, whole],
};

function behaviour() {
  const calls = new Map<string, number>();
  return ({ messages }: { readonly messages: readonly { readonly content: string }[] }) => {
    const story = messages.at(-1)?.content ?? "";
    const of = replies[story] ?? [whole];
    const call = calls.get(story) ?? 0;
    calls.set(story, call + 1);
    return of[Math.min(call, of.length - 1)] ?? whole;
  };
}

export interface JobOptions {
  readonly apiKey?: string;
  readonly pool?: string;
  readonly type?: string;
  readonly queue?: string;
  readonly traceparent?: string;
  readonly expiresAtMs?: number;
}

export interface Stage extends AsyncDisposable {
  readonly system: LocalSystem;
  readonly provider: ProviderSimulator;
  readonly millrace: Millrace;
  readonly admin: ReturnType<typeof adminOf>["rpc"];
  /** A key that may run one job at a time. */
  readonly limitedKey: string;
  /** Submits a chat over plain HTTP. Returns the job's id. */
  submit(story: string, options?: JobOptions): Promise<string>;
  /** Resolves when the provider has got one more call than before. */
  nextCall(): Promise<unknown>;
}

const adminOf = (system: LocalSystem) =>
  grpcClient(AdminService, String(system.schedulers[0]?.addresses.admin));

/** Starts a system whose leases are short, whose provider acts as the stories need, and that sends its spans as `tracing` says. */
export async function openStage(tracing: Readonly<Record<string, string>>): Promise<Stage> {
  const parts = new AsyncDisposableStack();
  const provider = parts.use(await startProviderSimulator(behaviour()));
  const system = parts.use(
    await startSystem({
      settings: {
        all: tracing,
        scheduler: { MILLRACE_LEASE_MS: "2000", MILLRACE_REAP_EVERY_MS: "200" },
        worker: {
          ...{ MILLRACE_PROVIDER: "openai", MILLRACE_POOLS: POOL, MILLRACE_DRAIN_MS: "0" },
          ...{ OPENAI_BASE_URL: provider.url, OPENAI_API_KEY: "a key" },
        },
      },
    }),
  );
  const client = adminOf(system);
  parts.defer(() => client.close());
  const admin = client.rpc;
  await admin.putProviderAccount({ account: { name: POOL } });
  const { key: limitedKey } = await admin.createApiKey({ name: "l", budget: { maxRunning: 1 } });
  const millrace = connectMillrace({ address: system.gatewayTarget(), apiKey: system.apiKey });
  parts.defer(() => millrace.close());
  return {
    ...{ system, provider, millrace, admin, limitedKey },
    async submit(story, options = {}) {
      const { apiKey = system.apiKey, pool = "", type = "chat", queue = QUEUE } = options;
      const { traceparent, expiresAtMs } = options;
      const response = await fetch(`${system.httpUrl}/v1/jobs`, {
        method: "POST",
        headers: {
          ...{ authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
          ...(traceparent === undefined ? {} : { traceparent }),
        },
        body: JSON.stringify({
          ...{ queue, type, pool, retry: { initialBackoff: "0.4s" } },
          payload: { messages: [{ role: "user", content: story }] },
          ...(expiresAtMs === undefined ? {} : { expiresAt: new Date(expiresAtMs).toISOString() }),
        }),
      });
      const { id } = (await response.json()) as { id: string };
      return id;
    },
    nextCall: () => provider.called(provider.calls.length + 1),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

/** The stories whose traces docs/tracing.md shows. Each returns the job whose trace tells it. */
export const stories: Readonly<Record<string, (stage: Stage) => Promise<string>>> = {
  succeeded: async ({ submit, millrace }) => {
    const id = await submit("succeeded");
    await millrace.wait(id);
    return id;
  },

  retried: async ({ submit, millrace }) => {
    const id = await submit("retried");
    await millrace.wait(id);
    return id;
  },

  bounced: async ({ submit, millrace }) => {
    const id = await submit("bounced", { pool: POOL });
    await millrace.wait(id);
    return id;
  },

  held: async ({ submit, nextCall, limitedKey: apiKey, system }) => {
    const called = nextCall();
    await submit("slow", { apiKey });
    await called;
    const id = await submit("succeeded", { apiKey });
    const limited = connectMillrace({ address: system.gatewayTarget(), apiKey });
    await limited.wait(id);
    await limited.close();
    return id;
  },

  cancelled: async ({ submit, nextCall, millrace }) => {
    const called = nextCall();
    const id = await submit("hangs");
    await called;
    await millrace.cancel(id, { reason: "no longer needed" });
    await millrace.wait(id).catch(() => undefined);
    return id;
  },

  lost: async ({ submit, nextCall, millrace, system }) => {
    const called = nextCall();
    const id = await submit("lost");
    await called;
    await system.workers[0]?.kill();
    // A worker that starts before the lease is lost would take the job at once.
    for await (const event of millrace.watch(id)) {
      if (event.kind === "job" && event.job.state === "QUEUED") break;
    }
    await system.addWorker();
    await millrace.wait(id);
    return id;
  },
};
