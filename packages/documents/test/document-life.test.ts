import {
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DocumentId, type KeyId, newDocumentId, systemRandom } from "@millrace/shared";
import { ManualClock } from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";
import { type LivingDocument, openDocumentStore, type PutOutcome } from "../src/index.ts";

const owner = "k7f3q2m9" as KeyId;
const stranger = "zzzz" as KeyId;
const DAY_MS = 24 * 3_600_000;

async function setup({
  clock = new ManualClock(Date.UTC(2096, 10, 1)),
  ...options
}: {
  readonly retentionMs?: number;
  readonly clock?: ManualClock;
} = {}) {
  const directory = await mkdtemp(join(tmpdir(), "millrace-documents-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const store = await openDocumentStore({
    ...{ directory, maxBytes: 100_000, clock, random: systemRandom },
    ...options,
  });
  async function* content(text: string) {
    yield Buffer.from(text);
  }
  const put = (
    text: string,
    header: { name?: string; contentType?: string; expiresAtMs?: number } = {},
    keyId = owner,
  ) => store.put(keyId, { name: "a", ...header }, content(text));
  const stored = async (outcome: Promise<PutOutcome>) => {
    const result = await outcome;
    if (result.kind !== "stored") throw new Error(result.kind);
    return result;
  };
  const living = async (id: DocumentId) => (await store.get(id)) as LivingDocument;
  /** The files of documents, and how many entries of the indexes there are. */
  const files = async () => {
    const all = await readdir(directory, { recursive: true, withFileTypes: true });
    return all.flatMap((entry) => (entry.isFile() ? [entry.name] : []));
  };
  return { store, clock, directory, put, stored, living, files };
}

test("the same content of a key is the same document, whatever its name", async () => {
  const { put, stored, files } = await setup();
  const first = await stored(put("The mill turns.", { name: "a.txt" }));
  const before = await files();
  const second = await stored(put("The mill turns.", { name: "b.txt" }));
  expect(first).toMatchObject({ existing: false });
  expect(second).toMatchObject({
    existing: true,
    document: { id: first.document.id, name: "a.txt" },
  });
  expect(await files()).toEqual(before);
});

test("other content, another type or another key is another document", async () => {
  const { put, stored } = await setup();
  const all = await Promise.all([
    stored(put("# a")),
    stored(put("# b")),
    stored(put("# a", { contentType: "text/markdown" })),
    stored(put("# a", {}, stranger)),
  ]);
  expect(new Set(all.map(({ document }) => document.id)).size).toBe(4);
  expect(all.map(({ existing }) => existing)).toEqual([false, false, false, false]);
});

test("uploads of the same content at the same time leave one document", async () => {
  const { store, put, stored, files } = await setup();
  const all = await Promise.all(Array.from({ length: 8 }, () => stored(put("The mill turns."))));
  const ids = new Set(all.map(({ document }) => document.id));
  expect(ids.size).toBe(1);
  expect(all.filter(({ existing }) => !existing)).toHaveLength(1);
  expect((await store.list(owner, 10)).documents).toHaveLength(1);
  // The content, the description, and an entry in each of the two indexes.
  expect(await files()).toHaveLength(4);
});

test("the later expiry holds, and no expiry is the latest", async () => {
  const { put, stored } = await setup();
  const expiry = async (expiresAtMs?: number) => {
    const header = expiresAtMs === undefined ? {} : { expiresAtMs };
    return (await stored(put("a", header))).document.expiresAtMs;
  };
  expect(await expiry(2_000)).toBe(2_000);
  expect(await expiry(1_000)).toBe(2_000);
  expect(await expiry(3_000)).toBe(3_000);
  expect(await expiry()).toBeUndefined();
  expect(await expiry(4_000)).toBeUndefined();
});

test("documents are listed newest first, in pages, to their owner alone", async () => {
  const { store, clock, put, stored } = await setup();
  const ids: DocumentId[] = [];
  for (const text of ["a", "b", "c"]) {
    clock.advance(1);
    ids.unshift((await stored(put(text))).document.id);
  }
  const first = await store.list(owner, 2);
  expect(first.documents.map(({ id }) => id)).toEqual(ids.slice(0, 2));
  const rest = await store.list(owner, 2, first.nextPageToken);
  expect(rest.documents.map(({ id }) => id)).toEqual(ids.slice(2));
  expect(rest).not.toHaveProperty("nextPageToken");
  expect(await store.list(owner, 3)).not.toHaveProperty("nextPageToken");
  expect(await store.list(stranger, 2)).toEqual({ documents: [] });
  expect(await store.owners()).toEqual([owner]);
});

test("a removed document leaves nothing, and its content can be stored again", async () => {
  const { store, put, stored, living, files } = await setup();
  const { document } = await stored(put("a"));
  expect(await store.remove(await living(document.id))).toBe("removed");
  expect(await store.get(document.id)).toBeUndefined();
  expect(await files()).toEqual([]);
  expect(await store.remove({ ...document, usedAtMs: 0 })).toBe("missing");
  const again = await stored(put("a"));
  expect(again.existing).toBe(false);
  expect(again.document.id).not.toBe(document.id);
});

test("a document that was used after it was read is not removed", async () => {
  const { store, clock, put, stored, living } = await setup();
  const { document } = await stored(put("a"));
  const before = await living(document.id);
  clock.advance(1);
  expect(await store.use(document.id, stranger)).toBeUndefined();
  expect(await store.use(document.id, owner)).toMatchObject({ id: document.id });
  expect(await store.remove(before)).toBe("used");
  expect(await living(document.id)).toMatchObject({ id: document.id, usedAtMs: clock.nowMs() });
  // Uploading the content again is a use too.
  const used = await living(document.id);
  clock.advance(1);
  await put("a");
  expect(await store.remove(used)).toBe("used");
  expect(await store.remove(await living(document.id))).toBe("removed");
});

test("a use at a time is recorded if it is later than the last one", async () => {
  const { store, clock, put, stored, living } = await setup();
  const { document } = await stored(put("a"));
  const uploadedMs = clock.nowMs();
  const usedAt = async (atMs: number) => {
    await store.use(document.id, owner, atMs);
    return (await living(document.id)).usedAtMs;
  };
  expect(await usedAt(uploadedMs - 1)).toBe(uploadedMs);
  expect(await usedAt(uploadedMs + 2)).toBe(uploadedMs + 2);
  expect(await usedAt(uploadedMs + 1)).toBe(uploadedMs + 2);
});

test("what a crash left of an upload is removed a day later", async () => {
  const { store, clock, directory, files } = await setup();
  const id = newDocumentId(clock.nowMs(), systemRandom);
  await mkdir(join(directory, "keys", owner), { recursive: true });
  await writeFile(join(directory, id), "abc");
  await writeFile(join(directory, "keys", owner, `${id}.3`), "");
  clock.advance(DAY_MS - 1);
  await store.tidy(owner);
  expect(await files()).toHaveLength(2);
  clock.advance(1);
  await store.tidy(owner);
  expect(await files()).toEqual([]);
});

test("files of an upload that a crash ended before it was a document are removed a day later", async () => {
  const { store, clock, directory, put, stored, files } = await setup();
  const { document } = await stored(put("The mill turns."));
  const kept = await files();
  const id = newDocumentId(clock.nowMs(), systemRandom);
  const left = [id, `${id}.aaaa.part`, `${document.id}.json.bbbb.part`];
  for (const name of left) await writeFile(join(directory, name), "abc");
  const { mtimeMs } = await stat(join(directory, id));
  clock.advance(DAY_MS - 1);
  await store.tidyUploads();
  expect((await files()).sort()).toEqual([...kept, ...left].sort());
  clock.advance(Math.max(1, Math.ceil(mtimeMs) + DAY_MS + 1 - clock.nowMs()));
  await store.tidyUploads();
  expect((await files()).sort()).toEqual(kept.sort());
});

test("a description that a crash left taken away comes back a day later, unless its content is gone", async () => {
  // The files' own times are those of the system.
  const clock = new ManualClock(Date.UTC(2026, 0, 1));
  const { store, directory, put, stored } = await setup({ clock });
  const [whole, empty] = [await stored(put("a")), await stored(put("b"))];
  for (const { document } of [whole, empty]) {
    const path = join(directory, `${document.id}.json`);
    await rename(path, `${path}.away`);
  }
  await rm(join(directory, empty.document.id));
  const away = join(directory, `${whole.document.id}.json.away`);
  const { ctimeMs } = await stat(away);
  clock.advance(Math.floor(ctimeMs) + DAY_MS - clock.nowMs());
  await store.tidyUploads();
  await store.tidy(owner);
  expect(await store.get(whole.document.id)).toBeUndefined();
  expect(await readFile(join(directory, whole.document.id), "utf8")).toBe("a");
  clock.advance(1);
  await store.tidyUploads();
  await store.tidy(owner);
  expect(await store.get(whole.document.id)).toMatchObject({ id: whole.document.id });
  expect(await store.get(empty.document.id)).toBeUndefined();
  expect((await store.list(owner, 10)).documents.map(({ id }) => id)).toEqual([whole.document.id]);
  expect(await readdir(join(directory, "keys", owner))).toHaveLength(1);
});

test("a document is removed whole, although a crash left its description under two names", async () => {
  const { store, directory, put, stored, living, files } = await setup();
  const { document } = await stored(put("a"));
  const path = join(directory, `${document.id}.json`);
  await link(path, `${path}.away`);
  expect(await store.remove(await living(document.id))).toBe("removed");
  expect(await store.get(document.id)).toBeUndefined();
  expect(await files()).toEqual([]);
});

test("a directory that cannot be read is an error, and no key without documents", async () => {
  const { store, directory, put } = await setup();
  await put("a");
  await rm(join(directory, "keys"), { recursive: true });
  await writeFile(join(directory, "keys"), "no directory");
  await expect(store.owners()).rejects.toThrow("ENOTDIR");
  await expect(store.list(owner, 10)).rejects.toThrow("ENOTDIR");
});

test.each([
  ["a later expiry than the retention outlives an upload without one", 365, undefined, 365],
  ["an upload without an expiry outlives an earlier one", 1, undefined, undefined],
  ["an upload with a later expiry than the retention gives it", undefined, 365, 365],
  ["an upload with an earlier expiry than the retention does not", undefined, 1, undefined],
  ["of two expiries the later one holds", 2, 1, 2],
])("%s", async (_, first, second, expected) => {
  const { put, stored, clock, living } = await setup({ retentionMs: 30 * DAY_MS });
  const beganMs = clock.nowMs();
  const header = (days: number | undefined) =>
    days === undefined ? {} : { expiresAtMs: beganMs + days * DAY_MS };
  const { document } = await stored(put("The mill turns.", header(first)));
  await stored(put("The mill turns.", header(second)));
  const { expiresAtMs } = await living(document.id);
  expect(expiresAtMs).toBe(expected === undefined ? undefined : beganMs + expected * DAY_MS);
});

test("uploads of stored content with other expiries at the same time all succeed", async () => {
  const { put, stored, clock, living, files } = await setup();
  const beganMs = clock.nowMs();
  const { document } = await stored(put("The mill turns.", { expiresAtMs: beganMs + 1 }));
  const before = await files();
  const again = await Promise.all(
    [2, 3, 4, 5, 6, 7].map((ms) => stored(put("The mill turns.", { expiresAtMs: beganMs + ms }))),
  );
  expect(again.every(({ existing }) => existing)).toBe(true);
  expect((await living(document.id)).expiresAtMs).toBeGreaterThan(beganMs + 1);
  expect((await files()).sort()).toEqual(before.sort());
});
