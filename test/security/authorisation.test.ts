/**
 * Tests who may call what: every method of every service and every route of plain HTTP, with every kind of
 * credential, on every listener. The methods come from the contract, and a method without a row fails.
 */
import type { DescMethod, MessageInitShape } from "@bufbuild/protobuf";
import { systemClock } from "@millrace/shared";
import { afterAll, expect, test } from "vitest";
import type { GatewayParts } from "../../services/gateway/src/gateway-parts.ts";
import { gatewayRoutes } from "../../services/gateway/src/http/routes.ts";
import {
  addressesOf,
  allows,
  anyCaller,
  isKnownToGateways,
  type Listener,
  queue,
  serviceCalls,
  spec,
} from "./calls.ts";
import { callWith, credentialNames, startWithCredentials } from "./credentials.ts";

const started = await startWithCredentials();
afterAll(() => started.system[Symbol.asyncDispose]());
const { shown, jobId, groupId, scheduleId, documentId, endpointId, deliveryId, system } = started;
const [gateway] = system.gateways;
const addresses = addressesOf(started);
const services = serviceCalls(started);
const methods = services.flatMap((service) =>
  service.desc.methods.map((method) => ({
    ...service,
    method,
    name: `${service.desc.name}.${method.name}`,
  })),
);
type Message = MessageInitShape<DescMethod["input"]>;

test("every method of the contract has a row, and every row a method", () => {
  for (const { desc, rows } of services) {
    expect(Object.keys(rows("")).sort()).toEqual(Object.keys(desc.method).sort());
  }
});

test.each(methods)("$name accepts only the allowed credentials", async (tested) => {
  const { method, at, letsIn, refuses, name } = tested;
  const atGateways = letsIn === anyCaller;
  for (const listener of at) {
    const outcomes = await Promise.all(
      credentialNames.map(async (credential) => {
        const row = tested.rows(credential)[method.localName];
        const messages = (row?.send ?? []) as Message[];
        const outcome = await callWith(addresses[listener], method, messages, shown[credential]);
        const told = credential === "another caller" ? (row?.other ?? row?.tells) : row?.tells;
        const expected = allows(credential, name) ? told : "NOT_ALLOWED";
        const known = atGateways ? isKnownToGateways(credential) : letsIn.includes(credential);
        return { credential, outcome, expected: known ? expected : refuses };
      }),
    );
    for (const { credential, outcome, expected } of outcomes) {
      expect({ listener, credential, outcome }).toEqual({
        listener,
        credential,
        outcome: expected,
      });
    }
  }
});

test("no listener serves the methods of another, whatever the credential", async () => {
  const outcomes: string[] = [];
  // One method after the other: each call has a connection of its own, and all at once would be over a thousand.
  for (const { method, rows } of methods) {
    const at = methods.flatMap((served) => (served.method === method ? served.at : []));
    const elsewhere = (Object.keys(addresses) as Listener[]).filter((one) => !at.includes(one));
    const messages = (rows("")[method.localName]?.send ?? []) as Message[];
    const calls = elsewhere.flatMap((listener) =>
      (["caller", "gateway", "worker", "operator"] as const).map(async (credential) => {
        const outcome = await callWith(addresses[listener], method, messages, shown[credential]);
        return `${listener}, ${method.name}, ${credential}: ${outcome}`;
      }),
    );
    outcomes.push(...(await Promise.all(calls)));
  }
  expect(outcomes.length).toBeGreaterThan(100);
  expect(outcomes.filter((line) => !line.endsWith(": UNIMPLEMENTED"))).toEqual([]);
});

/** What each route of plain HTTP answers to allowed callers. */
interface RouteRow {
  readonly path: string;
  readonly body?: string;
  readonly tells: number;
  readonly other?: number;
}
const endpointPath = `/v1/webhook-endpoints/${endpointId}`;
const webhookRows = (by: string): Readonly<Record<string, RouteRow>> => ({
  "POST /v1/webhook-endpoints": {
    path: "/v1/webhook-endpoints",
    body: JSON.stringify({ url: `https://example.com/${encodeURIComponent(by)}` }),
    tells: 201,
  },
  "GET /v1/webhook-endpoints": { path: "/v1/webhook-endpoints", tells: 200 },
  "GET /v1/webhook-endpoints/{id}": { path: endpointPath, tells: 200, other: 404 },
  "PATCH /v1/webhook-endpoints/{id}": { path: endpointPath, body: "{}", tells: 200, other: 404 },
  "DELETE /v1/webhook-endpoints/{id}": {
    // Of an endpoint that does not exist, because the other calls need theirs.
    path: "/v1/webhook-endpoints/we_01JDXW5T5Q6M3C9N2V8K4H7R1B",
    tells: 200,
  },
  "POST /v1/webhook-endpoints/{id}:rotate": {
    ...{ path: `${endpointPath}:rotate`, tells: 200, other: 404 },
  },
  "POST /v1/webhook-endpoints/{id}:test": {
    ...{ path: `${endpointPath}:test`, tells: 202, other: 404 },
  },
  "POST /v1/webhook-endpoints/{id}:redeliver": {
    path: `${endpointPath}:redeliver`,
    body: JSON.stringify({ since: "2026-01-01T00:00:00Z" }),
    ...{ tells: 202, other: 404 },
  },
  "GET /v1/callback-secret": { path: "/v1/callback-secret", tells: 200 },
  "POST /v1/callback-secret:rotate": { path: "/v1/callback-secret:rotate", tells: 200 },
  "GET /v1/webhook-deliveries": { path: "/v1/webhook-deliveries", tells: 200 },
  "GET /v1/webhook-deliveries/{id}": {
    ...{ path: `/v1/webhook-deliveries/${deliveryId}`, tells: 200, other: 404 },
  },
  "POST /v1/webhook-deliveries/{id}:redeliver": {
    ...{ path: `/v1/webhook-deliveries/${deliveryId}:redeliver`, tells: 202, other: 404 },
  },
});
const routeRows = (by: string): Readonly<Record<string, RouteRow>> => ({
  "POST /v1/jobs": { path: "/v1/jobs", body: JSON.stringify(spec(by)), tells: 202 },
  "POST /v1/jobs:batch": {
    path: "/v1/jobs:batch",
    body: JSON.stringify({ jobs: [spec(by)] }),
    tells: 200,
  },
  "POST /v1/jobs:quote": {
    path: "/v1/jobs:quote",
    body: JSON.stringify({ jobs: [spec(by)] }),
    tells: 200,
  },
  "GET /v1/jobs/{id}/explain": { path: `/v1/jobs/${jobId}/explain`, tells: 200, other: 404 },
  "POST /v1/jobs/{id}/token": { path: `/v1/jobs/${jobId}/token`, tells: 201, other: 404 },
  "GET /v1/jobs": { path: `/v1/jobs?queue=${queue}`, tells: 200 },
  "GET /v1/jobs/{id}": { path: `/v1/jobs/${jobId}`, tells: 200, other: 404 },
  "DELETE /v1/jobs/{id}": { path: `/v1/jobs/${jobId}`, tells: 200, other: 404 },
  "GET /v1/jobs/{id}/events": { path: `/v1/jobs/${jobId}/events`, tells: 200, other: 404 },
  "POST /v1/groups": {
    path: "/v1/groups",
    body: JSON.stringify({ group: { queue, labels: { by } } }),
    tells: 202,
  },
  "GET /v1/groups": { path: `/v1/groups?queue=${queue}`, tells: 200 },
  "GET /v1/groups/{id}": { path: `/v1/groups/${groupId}`, tells: 200, other: 404 },
  "GET /v1/groups/{id}/children": {
    path: `/v1/groups/${groupId}/children`,
    tells: 200,
    other: 404,
  },
  "GET /v1/groups/{id}/events": { path: `/v1/groups/${groupId}/events`, tells: 200, other: 404 },
  "POST /v1/groups/{id}:close": { path: `/v1/groups/${groupId}:close`, tells: 200, other: 404 },
  "POST /v1/groups/{id}:cancel": { path: `/v1/groups/${groupId}:cancel`, tells: 200, other: 404 },
  "DELETE /v1/groups/{id}": { path: `/v1/groups/${groupId}`, tells: 200, other: 404 },
  "POST /v1/schedules": {
    path: "/v1/schedules",
    body: JSON.stringify({ name: by.replaceAll(/[^a-z]/g, "-"), cron: "0 0 1 1 *", job: spec(by) }),
    tells: 201,
  },
  "GET /v1/schedules": { path: `/v1/schedules?queue=${queue}`, tells: 200 },
  "GET /v1/schedules/{id}": { path: `/v1/schedules/${scheduleId}`, tells: 200, other: 404 },
  "PATCH /v1/schedules/{id}": {
    path: `/v1/schedules/${scheduleId}`,
    body: JSON.stringify({ catchUp: 3 }),
    tells: 200,
    other: 404,
  },
  "DELETE /v1/schedules/{id}": { path: `/v1/schedules/${scheduleId}-2`, tells: 404 },
  ...Object.fromEntries(
    ["pause", "resume", "run"].map((verb) => [
      `POST /v1/schedules/{id}:${verb}`,
      {
        path: `/v1/schedules/${scheduleId}:${verb}`,
        tells: verb === "run" ? 202 : 200,
        other: 404,
      },
    ]),
  ),
  ...webhookRows(by),
  "PUT /v1/documents": {
    path: "/v1/documents?name=a.txt",
    // Content that the key has stored before is answered with 200.
    body: `The sea, for ${by}.`,
    tells: 201,
  },
  "GET /v1/documents": { path: "/v1/documents", tells: 200 },
  // A document that does not exist, because the other calls need theirs.
  "DELETE /v1/documents/{id}": {
    path: "/v1/documents/doc_01JDXW5T5Q6M3C9N2V8K4H7R1B",
    tells: 404,
  },
  "GET /v1/spend": { path: "/v1/spend", tells: 200 },
  "GET /v1/documents/{id}": { path: `/v1/documents/${documentId}`, tells: 200, other: 404 },
  "GET /v1/documents/{id}/content": {
    path: `/v1/documents/${documentId}/content`,
    tells: 200,
    other: 404,
  },
  // Documents are in a directory here, which has no addresses to give.
  "POST /v1/documents/{id}:download": { path: `/v1/documents/${documentId}:download`, tells: 501 },
  "POST /v1/uploads": {
    path: "/v1/uploads",
    body: JSON.stringify({ header: { name: "a.txt" }, size: "1", sha256: "0".repeat(64) }),
    tells: 501,
  },
  "POST /v1/uploads/{id}:complete": { path: `/v1/uploads/${documentId}:complete`, tells: 501 },
});
const routes = gatewayRoutes({} as GatewayParts, systemClock).map(({ method, path }) => ({
  method,
  name: `${method} ${path}`,
}));

test("every route of plain HTTP has a row, and every row a route", () => {
  expect(Object.keys(routeRows("")).sort()).toEqual(routes.map(({ name }) => name).sort());
});

test.each(routes)("$name accepts callers only", async ({ method, name }) => {
  for (const credential of credentialNames) {
    const { path, body, tells, other = tells } = routeRows(credential)[name] as RouteRow;
    const token = shown[credential];
    const headers = {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined || name.startsWith("PUT")
        ? {}
        : { "content-type": "application/json" }),
    };
    const response = await fetch(`http://${gateway?.addresses.http}${path}`, {
      ...{ method, headers },
      ...(body === undefined ? {} : { body }),
    });
    await response.arrayBuffer();
    const expected = credential === "another caller" ? other : tells;
    expect({ credential, status: response.status }).toEqual({
      credential,
      status: isKnownToGateways(credential) ? (allows(credential, name) ? expected : 403) : 401,
    });
  }
});

test("refused calls have changed nothing", async () => {
  const authors = new Set<string | undefined>();
  for (const credential of ["caller", "another caller"] as const) {
    const listed = await fetch(
      `http://${gateway?.addresses.http}/v1/jobs?queue=${queue}&pageSize=500`,
      {
        headers: { authorization: `Bearer ${shown[credential]}` },
      },
    );
    const { jobs } = (await listed.json()) as { jobs: { labels: { by?: string } }[] };
    const groups = await fetch(
      `http://${gateway?.addresses.http}/v1/groups?queue=${queue}&pageSize=500`,
      { headers: { authorization: `Bearer ${shown[credential]}` } },
    );
    const listedGroups = (await groups.json()) as { groups: typeof jobs };
    for (const { labels } of [...jobs, ...listedGroups.groups]) authors.add(labels.by);
  }
  // One job was made before this test.
  authors.delete(undefined);
  expect([...authors].sort()).toEqual([...anyCaller].sort());
});
