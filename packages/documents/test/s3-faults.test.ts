// An object store that is away, slow, overloaded or set up wrongly: each fault has its words, tries are bounded, and nothing of
// an upload is visible.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type FaultProxy, type S3Server, startFaultProxy, startS3Server } from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";
import type { S3Place } from "../src/index.ts";
import { namesIn, open, owner, pieces, placeIn, textOf, uploaderTo } from "./places.ts";

const MIB = 1_024 * 1_024;
/** Of each request, as the client is set up. */
const ATTEMPTS = 4;

async function setup(changes: Partial<S3Place> = {}) {
  const server = await startS3Server();
  onTestFinished(() => server[Symbol.asyncDispose]());
  const proxy = await startFaultProxy(server.address);
  onTestFinished(() => proxy[Symbol.asyncDispose]());
  const direct = placeIn(server);
  const place = { ...direct, endpoint: `http://${proxy.address}`, timeoutMs: 300, ...changes };
  const store = await open({ s3: place }, { maxBytes: 100 * MIB });
  return { ...uploaderTo(store), store, server, proxy, names: () => namesIn(direct) };
}

const unavailable = "DOCUMENT_STORE_UNAVAILABLE";
const refused = "DOCUMENT_STORE_REFUSED";
type Parts = { readonly server: S3Server; readonly proxy: FaultProxy };

test.each<[string, string, string, (parts: Parts) => unknown, Partial<S3Place>?]>([
  ["away", unavailable, "cannot be reached", ({ proxy }) => proxy.refuse()],
  [
    "silent",
    unavailable,
    "did not answer in time",
    ({ proxy }) => proxy.set({ up: { blackHole: true } }),
  ],
  ["overloaded", unavailable, "503 SlowDown", ({ server }) => server.refuse(() => "SlowDown")],
  ["failing", unavailable, "check its logs", ({ server }) => server.refuse(() => "InternalError")],
  ["in another region", refused, "MILLRACE_S3_REGION", () => {}, { region: "eu-central-1" }],
  ["without the bucket", refused, "no such bucket", () => {}, { bucket: "others" }],
  [
    ...([
      "given an unknown access key",
      refused,
      "does not know the access key",
      () => {},
    ] as const),
    { credentials: { accessKeyId: "not-to-be-told", secretAccessKey: "secret" } },
  ],
  [
    ...(["given a wrong secret", refused, "its secret is wrong", () => {}] as const),
    { credentials: { accessKeyId: "key", secretAccessKey: "not-to-be-told" } },
  ],
  [
    ...(["given expired credentials", refused, "have expired"] as const),
    ({ server }) => server.refuse(() => "ExpiredToken"),
  ],
  [
    ...(["at another time", refused, "synchronise the clocks"] as const),
    ({ server }) => server.refuse(() => "RequestTimeTooSkewed"),
  ],
  [
    "closed to us",
    refused,
    "must allow this service",
    ({ server }) => server.refuse(() => "AccessDenied"),
  ],
])("a store that is %s is %s, and says what to do", async (_, reason, words, fault, changes) => {
  const { put, store, server, proxy, names } = await setup(changes);
  await fault({ server, proxy });
  const error = await put("a").catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: "DocumentStoreFault", reason });
  const { message } = error as Error;
  expect(message).toContain(words);
  // The name of the key, its secret and the address are no business of callers.
  expect(message).not.toMatch(/not-to-be-told|127\.0\.0\.1/);
  expect(server.requests.length).toBeLessThanOrEqual(ATTEMPTS + 1);
  await expect(store.list(owner, 1)).rejects.toMatchObject({ reason });
  server.refuse(undefined);
  expect(await names()).toEqual([]);
});

test("a store that is overloaded for a moment is asked again", async () => {
  const { put, stored, server } = await setup({ timeoutMs: 10_000 });
  let left = 2;
  server.refuse(() => {
    left -= 1;
    return left >= 0 ? "SlowDown" : undefined;
  });
  expect((await stored(put("a"))).existing).toBe(false);
});

async function* large(mebibytes: number, at: number, then: () => unknown) {
  for (let sent = 0; sent < mebibytes; sent += 1) {
    if (sent === at) await then();
    yield Buffer.alloc(MIB, "a");
  }
}

test("an upload whose connection is cut in a part goes on", async () => {
  const { store, stored, proxy, server } = await setup({ timeoutMs: 10_000 });
  const outcome = await stored(
    store.put(
      owner,
      { name: "a" },
      large(20, 17, () => proxy.cut()),
    ),
  );
  expect(outcome.document.sizeBytes).toBe(20 * MIB);
  expect(server.stored.uploads.size).toBe(0);
});

test("of an upload whose store goes away nothing is visible, and its parts end with the collector", async () => {
  const { store, names, proxy, server } = await setup();
  const gone = async () => {
    await proxy.refuse();
    proxy.cut();
  };
  const outcome = store.put(owner, { name: "a" }, large(20, 17, gone));
  await expect(outcome).rejects.toMatchObject({ reason: unavailable });
  expect(await names()).toEqual([]);
  await proxy.accept();
  expect((await store.list(owner, 1)).documents).toEqual([]);
  expect(await store.owners()).toEqual([]);
  expect(server.stored.uploads.size).toBeLessThanOrEqual(1);
});

test("a download that is cut goes on where it was", async () => {
  const { store, stored, proxy } = await setup({ timeoutMs: 10_000 });
  const { document } = await stored(
    store.put(
      owner,
      { name: "a" },
      large(20, -1, () => {}),
    ),
  );
  let bytes = 0;
  let cuts = 0;
  for await (const piece of store.read(document)) {
    bytes += piece.length;
    if (bytes > (cuts + 1) * 5 * MIB) {
      cuts += 1;
      proxy.cut();
    }
  }
  expect(bytes).toBe(20 * MIB);
  expect(cuts).toBeGreaterThan(1);
});

test("a type is never judged by a store that has failed", async () => {
  const { store, server, names } = await setup();
  server.refuse(({ method, key }) =>
    method === "GET" && key.includes("/content/") ? "AccessDenied" : undefined,
  );
  const zip = Buffer.concat([Buffer.from("504b0304", "hex"), Buffer.alloc(100)]);
  await expect(store.put(owner, { name: "a" }, pieces(zip))).rejects.toMatchObject({
    reason: refused,
  });
  expect(await names()).toEqual([]);
});

test("a description that is changed by others at the same moment is changed by all", async () => {
  const { put, stored, store, server } = await setup({ timeoutMs: 10_000 });
  const { document } = await stored(put("a"));
  let conflicts = 3;
  server.refuse(({ method, key }) => {
    if (method !== "PUT" || !key.includes("/documents/") || conflicts === 0) return undefined;
    conflicts -= 1;
    return "PreconditionFailed";
  });
  expect(await store.use(document.id, owner)).toMatchObject({ id: document.id });
  expect(conflicts).toBe(0);
  expect(await textOf(store.read(document))).toBe("a");
});

test("the page of documents names every fault of the store that a message has", () => {
  const page = readFileSync(join(import.meta.dirname, "../../../docs/documents.md"), "utf8");
  for (const word of ["MILLRACE_S3_ENDPOINT", "MILLRACE_S3_REGION", "If-None-Match", "NTP"]) {
    expect(page).toContain(word);
  }
});
