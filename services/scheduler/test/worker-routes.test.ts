/** What happens to a job of a model when a worker reports that the account of its route has failed. */
import { JobState } from "@millrace/proto/job";
import { WriteStatus } from "@millrace/proto/worker-service";
import { expect, test } from "vitest";
import { setup } from "./work-setup.ts";

const twoRoutes = [
  { account: "one", model: "one's name" },
  { account: "two", model: "two's name" },
] as const;

/** A worker of two accounts that has a job of a model, and answers its attempts as failed calls of a provider. */
async function routed(routes: readonly { readonly account: string; readonly model: string }[]) {
  const parts = await setup();
  const { engine, submit, connect } = parts;
  await engine.models.put({ name: "fast", routes });
  const id = await submit({ model: "fast" });
  const worker = connect(1, { pools: ["one", "two"] });
  await worker.next();
  const fail = async (
    lease: Awaited<ReturnType<typeof worker.assigned>>["lease"],
    provider: { readonly httpStatus: number; readonly quotaExhausted?: boolean },
    retryable: boolean,
  ) => {
    const failure = { reason: "PROVIDER_ERROR", message: "no", retryable };
    // A worker cannot report on an account that is not the lease's.
    const value = { failure, provider: { account: "another", ...provider } };
    const outcome = { case: "failed" as const, value };
    worker.send({ case: "settle", value: { outcomes: [{ lease, outcome }] } });
    const acked = await worker.next();
    worker.send({ case: "credit", value: { slots: 1 } });
    return acked;
  };
  return { ...parts, id, worker, fail };
}

test.each<[string, { httpStatus: number; quotaExhausted?: boolean }, boolean, number]>([
  ["refused for load", { httpStatus: 429 }, true, 1],
  ["out of quota", { httpStatus: 429, quotaExhausted: true }, false, 1],
  ["does not accept its key", { httpStatus: 401 }, false, 2],
])(
  "tries the next account of a job's model at once if the first one is %s",
  async (_, provider, retryable, attempt) => {
    const { engine, id, worker, fail } = await routed(twoRoutes);
    const first = await worker.assigned();
    expect(first).toMatchObject({
      account: "one",
      providerModel: "one's name",
      pool: "",
      attempt: 1,
    });
    await fail(first.lease, provider, retryable);
    const second = await worker.assigned();
    expect(second).toMatchObject({ account: "two", providerModel: "two's name", attempt });
    const [job] = await engine.getJobs([id]);
    expect(job).toMatchObject({ model: "fast", route: { account: "two", model: "two's name" } });
    expect(await engine.providerAccounts.get("another")).toBeUndefined();
  },
);

test("an account that does not accept its key for five jobs in a row cools down, and later jobs go past it", async () => {
  const { engine, submit, worker, fail } = await routed(twoRoutes);
  for (let count = 1; count <= 5; count += 1) {
    const refused = await worker.assigned();
    expect(refused).toMatchObject({ account: "one", attempt: 1 });
    await fail(refused.lease, { httpStatus: 401 }, false);
    const { lease, account } = await worker.assigned();
    expect(account).toBe("two");
    const outcome = { case: "completed" as const, value: { resultJson: "{}" } };
    worker.send({ case: "settle", value: { outcomes: [{ lease, outcome }] } });
    await worker.next();
    await submit({ model: "fast" });
    worker.send({ case: "credit", value: { slots: 1 } });
  }
  expect(await worker.assigned()).toMatchObject({ account: "two", attempt: 1 });
  expect(await engine.providerAccounts.get("one")).toMatchObject({
    ...{ state: "COOLING_DOWN", coolDownReason: "failed" },
    lastRefusal: { httpStatus: 401, message: "no" },
  });
});

test("fails a job of a model at once if its only account does not accept its key", async () => {
  const { worker, fail } = await routed(twoRoutes.slice(0, 1));
  const { lease } = await worker.assigned();
  expect(await fail(lease, { httpStatus: 401 }, false)).toMatchObject({
    value: { acks: [{ status: WriteStatus.STORED, state: JobState.FAILED }] },
  });
});
