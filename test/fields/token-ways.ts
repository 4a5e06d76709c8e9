/** Proves job tokens: how they are asked for, what they say, and how gateways check them. */
import { fromJson, type JsonObject } from "@bufbuild/protobuf";
import { type Duration, durationMs } from "@bufbuild/protobuf/wkt";
import {
  CreateJobTokenResponseSchema,
  JobTokenRight,
  type JobTokenRight as Right,
} from "@millrace/proto/job-service";
import {
  AuthenticateJobTokenResponseSchema,
  CreateJobTokenResponseSchema as InnerResponseSchema,
} from "@millrace/proto/scheduler-service";
import { systemClock as clock } from "@millrace/shared";
import { expect } from "vitest";
import { about, anyText } from "./expected-job.ts";
import { Wanted } from "./ledger.ts";
import type { SpecChoice } from "./specs.ts";
import type { World } from "./world.ts";

const LIFETIME_S = 300;
const within = new Wanted("at most the lifetime", (value) => {
  const ms = durationMs(value as Duration);
  return ms > 0 && ms <= LIFETIME_S * 1_000;
});

export async function proveTokens(world: World, { queue, type }: SpecChoice): Promise<void> {
  const { ledger, jobs, scheduler, keyId, millrace } = world;
  const jobId = String((await jobs.submitJob({ job: { queue, type } })).job?.id);
  const lifetime = { seconds: BigInt(LIFETIME_S) };
  const ends = (seconds: number) => about(clock.nowMs() + seconds * 1_000);
  const expected = (right: Right) => ({ token: anyText, right, expireTime: ends(LIFETIME_S) });
  const right = JobTokenRight.CANCEL;

  const made = await jobs.createJobToken({ jobId, right, lifetime });
  const way = "JobService.CreateJobToken";
  ledger.compare(`${way} response`, CreateJobTokenResponseSchema, made, expected(right));
  ledger.prove(`${way} request`, "job_id", "right", "lifetime");

  const longestLifetime = { seconds: 60n };
  const inner = await scheduler.createJobToken({
    ...{ keyId, longestLifetime, token: { jobId, right, lifetime } },
  });
  ledger.compare("SchedulerService.CreateJobToken response", InnerResponseSchema, inner, {
    token: { ...expected(right), expireTime: ends(60) },
  });
  await expect(scheduler.createJobToken({ keyId: "nobody00", token: { jobId } })).rejects.toThrow();
  const innerWay = "SchedulerService.CreateJobToken request";
  ledger.prove(innerWay, "key_id", "token", "longest_lifetime");

  const checked = await scheduler.authenticateJobToken({ token: made.token });
  ledger.compare("AuthenticateJobToken response", AuthenticateJobTokenResponseSchema, checked, {
    ...{ jobId, right, remaining: within },
  });
  ledger.prove("AuthenticateJobToken request", "token");

  const posted = await world.http(`/v1/jobs/${jobId}/token?right=cancel&lifetime=${LIFETIME_S}`, {
    method: "POST",
  });
  const byHttp = fromJson(CreateJobTokenResponseSchema, (await posted.json()) as JsonObject);
  const httpWay = "HTTP POST /v1/jobs/{id}/token";
  ledger.compare(httpWay, CreateJobTokenResponseSchema, byHttp, expected(right));
  ledger.prove(`${httpWay} query`, "job_id", "right", "lifetime");

  const options = { right: "cancel", lifetimeMs: LIFETIME_S * 1_000 } as const;
  const byClient = await millrace.createJobToken(jobId, options);
  const clientWay = "client createJobToken";
  ledger.compare(clientWay, CreateJobTokenResponseSchema, tokenOf(byClient), expected(right));
  ledger.prove(`${clientWay} request`, "job_id", "right", "lifetime");
  const flags = ["--cancel", "--lifetime", `${LIFETIME_S}s`];
  const [printed] = await Array.fromAsync(world.cliLines("token", jobId, ...flags));
  const byCommand = tokenOf(printed as object);
  ledger.compare("millrace token", CreateJobTokenResponseSchema, byCommand, expected(right));
  ledger.prove("millrace token flags", "job_id", "right", "lifetime");
}

/** Converts to the contract's names of rights. */
function tokenOf(made: object) {
  const { right, ...same } = JSON.parse(JSON.stringify(made)) as JsonObject;
  return fromJson(CreateJobTokenResponseSchema, {
    ...same,
    right: `JOB_TOKEN_RIGHT_${String(right).toUpperCase()}`,
  });
}
