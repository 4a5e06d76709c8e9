// What only an object store of documents does: parts, conditions, and what a crash leaves of objects.
import { newDocumentId, systemClock, systemRandom } from "@millrace/shared";
import { ManualClock, type S3ServerOptions, startS3Server } from "@millrace/testing";
import { zipSync } from "fflate";
import { expect, onTestFinished, test } from "vitest";
import { contentTypes, type LivingDocument } from "../src/index.ts";
import { nameIn } from "../src/s3/object-names.ts";
import { s3Client } from "../src/s3/s3-client.ts";
import { s3Objects } from "../src/s3/s3-objects.ts";
import {
  DAY_MS,
  namesIn,
  open,
  owner,
  pieces,
  placeIn,
  type StoreOptions,
  textOf,
  uploaderTo,
} from "./places.ts";

const MIB = 1_024 * 1_024;

async function setup({ page, conditions, ...options }: S3ServerOptions & StoreOptions = {}) {
  const server = await startS3Server({
    ...(page === undefined ? {} : { page }),
    ...(conditions === undefined ? {} : { conditions }),
  });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const place = placeIn(server);
  const clock = new ManualClock(systemClock.nowMs());
  const store = await open({ s3: place }, { clock, maxBytes: 100 * MIB, ...options });
  const objects = s3Objects(s3Client(place), place.bucket, place.prefix);
  const names = () => namesIn(place);
  return { ...uploaderTo(store), server, place, clock, store, objects, names };
}

async function* large(mebibytes: number, end?: () => void) {
  for (let sent = 0; sent < mebibytes; sent += 1) yield Buffer.alloc(MIB, "a");
  end?.();
}

test("content beyond 8 MiB is sent in parts, and is one document", async () => {
  const { store, stored, server } = await setup();
  const outcome = await stored(store.put(owner, { name: "a" }, large(20)));
  expect(outcome.document.sizeBytes).toBe(20 * MIB);
  const parts = server.requests.filter((request) => request.startsWith("PUT")).length;
  // Three parts; the description, what content it is, and the three requests of the probe.
  expect(parts).toBe(3 + 2 + 3);
  expect(server.stored.uploads.size).toBe(0);
  expect(await textOf(store.read(outcome.document))).toHaveLength(20 * MIB);
});

test("an upload that its caller cuts leaves neither an object nor parts", async () => {
  const { store, server, names } = await setup();
  const cut = large(20, () => {
    throw new Error("gone");
  });
  await expect(store.put(owner, { name: "a" }, cut)).rejects.toThrow("gone");
  expect(await names()).toEqual([]);
  expect(server.stored.uploads.size).toBe(0);
});

test("parts that a crash left are removed a day later", async () => {
  const { store, server, clock, place } = await setup();
  const id = newDocumentId(clock.nowMs(), systemRandom);
  const name = `${place.prefix}${nameIn("content", { id, ownerKeyId: owner })}`;
  const began = systemClock.nowMs();
  server.stored.begin(name, began);
  clock.advance(began + DAY_MS - clock.nowMs());
  await store.tidyUploads();
  expect(server.stored.uploads.size).toBe(1);
  clock.advance(1);
  await store.tidyUploads();
  expect(server.stored.uploads.size).toBe(0);
});

test("content that a crash left without a description is removed a day later", async () => {
  const { store, clock, objects, names } = await setup();
  const id = newDocumentId(clock.nowMs(), systemRandom);
  await objects.put(nameIn("content", { id, ownerKeyId: owner }), "abc");
  expect(await store.owners()).toEqual([owner]);
  clock.advance(DAY_MS - 1);
  await store.tidy(owner);
  expect(await names()).toHaveLength(1);
  clock.advance(1);
  await store.tidy(owner);
  expect(await names()).toEqual([]);
});

test("a removal that a crash interrupted is undone a day later, unless the content is gone", async () => {
  const { store, clock, server, put, stored, names } = await setup();
  const [whole, empty] = [await stored(put("a")), await stored(put("b"))];
  const content = (id: string) => server.stored.objects.has(id);
  for (const [{ document }, method] of [
    [whole, "content"],
    [empty, "description"],
  ] as const) {
    // The crash comes before the content is deleted, or before the description is.
    const folder = method === "content" ? "/content/" : "/documents/";
    server.refuse(({ method: verb, key }) =>
      verb === "DELETE" && key.includes(folder) ? "AccessDenied" : undefined,
    );
    const living = (await store.get(document.id, owner)) as LivingDocument;
    await expect(store.remove(living)).rejects.toThrow("does not allow this");
  }
  server.refuse(undefined);
  expect(content("")).toBe(false);
  expect(await store.get(whole.document.id, owner)).toBeUndefined();
  clock.advance(DAY_MS);
  await store.tidy(owner);
  expect(await store.get(whole.document.id, owner)).toBeUndefined();
  clock.advance(1);
  await store.tidy(owner);
  expect(await store.get(whole.document.id, owner)).toMatchObject({ id: whole.document.id });
  expect(await textOf(store.read(whole.document))).toBe("a");
  expect((await store.list(owner, 10)).documents).toHaveLength(1);
  // The content and the description: the entry of its content was removed first.
  expect(await names()).toHaveLength(2);
});

test("many submissions of one document at once are few writes, and each is recorded", async () => {
  const { store, server, put, stored } = await setup();
  const { document } = await stored(put("a"));
  const before = server.requests.length;
  const uses = await Promise.all(Array.from({ length: 100 }, () => store.use(document.id, owner)));
  expect(uses.every((use) => use?.id === document.id)).toBe(true);
  const writes = server.requests.slice(before).filter((request) => request.startsWith("PUT"));
  expect(writes.length).toBeLessThan(20);
  expect(await store.remove({ ...document, usedAtMs: document.createdAtMs })).toBe("used");
});

test("a large archive is told by its directory, of which only parts are read", async () => {
  const { store, stored, server } = await setup();
  const noise = systemRandom.bytes(4 * MIB);
  const docx = zipSync({
    ...{
      "[Content_Types].xml": Buffer.from("<Types/>"),
      "word/media/a.bin": [noise, { level: 0 }],
    },
    "word/document.xml": Buffer.from("<w:document/>"),
  });
  const outcome = await stored(store.put(owner, { name: "a" }, pieces(docx)));
  expect(outcome.document.contentType).toBe(contentTypes.docx);
  const reads = server.requests.filter((request) => /^GET .*\/content\//.test(request));
  expect(reads.length).toBeLessThan(4);
});

test("a server that ignores the conditions of writes is refused before anything is stored", async () => {
  const { put, names } = await setup({ conditions: false });
  await expect(put("a")).rejects.toMatchObject({
    reason: "DOCUMENT_STORE_REFUSED",
    message: expect.stringContaining("ignores If-None-Match"),
  });
  expect(await names()).toEqual([]);
});
