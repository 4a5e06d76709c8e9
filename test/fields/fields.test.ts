import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { proveAccounts } from "./account-ways.ts";
import { compareLetters, proveDeadLetterFilters } from "./dead-letter-ways.ts";
import { proveDocuments, proveWorkerDocuments } from "./document-ways.ts";
import { tellEnds, watchAndCancel } from "./end-ways.ts";
import { proveExplanations } from "./explain-ways.ts";
import { proveFanOut } from "./fan-out-ways.ts";
import { proveGroupReads } from "./group-reads.ts";
import { proveGroupRequests } from "./group-requests.ts";
import { readEach, readList, submitAgain } from "./job-ways.ts";
import { proveKeys } from "./key-ways.ts";
import { Ledger } from "./ledger.ts";
import { type Lost, loseWorker, startLife } from "./life.ts";
import { proveModels } from "./model-ways.ts";
import { proveAudit, proveChanges, proveConfiguration } from "./operator-ways.ts";
import { proveQueues } from "./queue-ways.ts";
import { proveFilters, proveReasons, proveStreamRequests, proveWatchRequests } from "./requests.ts";
import { rows } from "./rows.ts";
import { proveSchedules } from "./schedule-ways.ts";
import { proveProviderFeedback, proveSdk } from "./sdk-ways.ts";
import {
  FIELDS_MODEL,
  FIELDS_PRICE,
  filledSpec,
  PROVIDER_MODEL,
  type SpecChoice,
} from "./specs.ts";
import { submitByGrpc, submitOtherwise } from "./submit-ways.ts";
import { proveTokens } from "./token-ways.ts";
import { ways } from "./ways.ts";
import { proveWebhookReads } from "./webhook-reads.ts";
import { proveWebhookRequests } from "./webhook-requests.ts";
import { proveWork } from "./work-ways.ts";
import { startWorld, type World } from "./world.ts";

const ledger = new Ledger(ways);
ledger.rows = rows;
let world: World;
let choice: SpecChoice;

beforeAll(async () => {
  world = await startWorld(ledger);
  await world.system.putQueue({ name: "fields", maxStalls: 50 });
  const upload = (text: string) => world.millrace.uploadDocument(Buffer.from(text));
  const uploaded = [await upload("The sea was calm."), await upload("The sea was rough.")];
  choice = {
    queue: "fields",
    type: "fill",
    pool: "acme/model-1",
    documentIds: uploaded.map(({ id }) => id),
  };
  await world.admin.putProviderAccount({ account: { name: choice.pool } });
  const routes = [{ account: choice.pool, model: PROVIDER_MODEL }];
  await world.admin.putModel({ model: { name: FIELDS_MODEL, routes, price: FIELDS_PRICE } });
});
afterEach(() => expect(ledger.takeWrong()).toEqual([]));
afterAll(() => world?.[Symbol.asyncDispose]());

/** Jobs of the queue that join a group. A job that fails leaves the others to go on. */
const grouped = async (queue: string): Promise<SpecChoice> => {
  const { id } = await world.millrace.createGroup({ queue, keepSiblings: true });
  return { ...choice, queue, groupId: id };
};

const queue = "life";
let living: SpecChoice;
let lost: Promise<Lost>;

test("two jobs lose their worker", async () => {
  await world.system.putQueue({ name: queue, maxStalls: 50 });
  living = await grouped(queue);
  lost = loseWorker(world, living);
  await lost;
});

test("every field of a job is stored, whichever message carries it", async () =>
  submitByGrpc(world, await grouped(choice.queue)));
test("every field of a job is stored that is sent by HTTP, the client or the command", async () =>
  submitOtherwise(world, await grouped(choice.queue)));

test("every field of a group is stored, and shown by every way to read it", async () => {
  const queues = ["grouped", "read-any", "read-share"];
  for (const name of queues) await world.system.putQueue({ name });
  const [requested = "", ...read] = queues;
  await proveGroupRequests(world, { ...choice, queue: requested });
  await proveGroupReads(world, read);
});

test("every field of a schedule is stored and shown", async () => {
  await world.system.putQueue({ name: "scheduled" });
  await proveSchedules(world, { ...choice, queue: "scheduled" });
});

test("every field of a caller's request changes the answer", async () => {
  await world.system.putQueue({ name: "asked" });
  await proveFilters(world, { ...choice, queue: "asked" });
  await proveReasons(world, choice);
  await world.system.putQueue({ name: "dead" });
  await proveDeadLetterFilters(world, { ...choice, queue: "dead" });
});

test("every field of API keys, queues and provider accounts arrives", async () => {
  await world.system.putQueue({ name: "operated" });
  const operated = { ...choice, queue: "operated" };
  await proveKeys(world, operated);
  await proveQueues(world, operated);
  await proveAccounts(world, operated);
  await proveModels(world);
});

test("every field of webhook endpoints and deliveries arrives", async () => {
  await proveWebhookRequests(world);
  await proveWebhookReads(world);
});

test("every field of documents and explanations arrives", async () => {
  await proveDocuments(world);
  await world.system.putQueue({ name: "explained" });
  await proveExplanations(world, { ...choice, queue: "explained" });
  await proveTokens(world, { ...choice, queue: "explained" });
  await world.system.putQueue({ name: "with-documents" });
  await proveWorkerDocuments(world, { ...choice, queue: "with-documents" });
});

test("every field of a worker's messages arrives", async () => {
  for (const name of ["worked", "provided", "divided"]) await world.system.putQueue({ name });
  await proveWork(world, { ...choice, queue: "worked" });
  await proveProviderFeedback(world, { ...choice, queue: "provided" });
  await proveFanOut(world, { ...choice, queue: "divided" });
});

test("every field of the configuration, of changes and of audits arrives", async () => {
  for (const name of ["changed", "broken"]) await world.system.putQueue({ name });
  await proveConfiguration(world);
  await proveChanges(world, "changed");
  await proveAudit(world, { ...choice, queue: "broken" });
});

test("every way to read a job shows every field, from its submission to its end", async () => {
  const endless = async () => {
    const { job } = await world.jobs.submitJob({ job: filledSpec(choice) });
    return String(job?.id);
  };
  const life = await startLife(world, living, await lost);
  const { later, retried, succeeded, failed, redriven, again, running } = life;
  const all = [later, retried, succeeded, failed, redriven, again, running];
  const read = [...all, life.finalizer];
  await readEach(world, read);
  await readList(world, queue, read);
  await submitAgain(world, [later, retried, succeeded, running]);
  const ended = await watchAndCancel(world, life, async (stopping) => {
    await readEach(world, [stopping]);
    await readList(world, queue, [stopping], { states: "RUNNING" });
    await submitAgain(world, [stopping]);
  });
  await proveWatchRequests(world, succeeded.id);
  await proveStreamRequests(world, choice, { ended: succeeded.spec, endless: await endless() });
  compareLetters(world, life);
  await proveSdk(world, life);
  await tellEnds(world, ended, later.id.replace(/.$/, later.id.endsWith("0") ? "1" : "0"));
});

test("every field of every message is proved to arrive, or has a row with the reason", () => {
  expect(ledger.problems()).toEqual([]);
});
