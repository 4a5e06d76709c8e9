// What only a directory of documents does: what its files are, and what a crash leaves of them.
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
import { type DocumentId, newDocumentId, systemRandom } from "@millrace/shared";
import { ManualClock } from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";
import type { LivingDocument } from "../src/index.ts";
import { DAY_MS, open, owner, uploaderTo } from "./places.ts";

async function setup({ clock = new ManualClock(Date.UTC(2096, 10, 1)) } = {}) {
  const directory = await mkdtemp(join(tmpdir(), "millrace-documents-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const store = await open({ directory }, { clock });
  const living = async (id: DocumentId) => (await store.get(id, owner)) as LivingDocument;
  /** The names of all files. */
  const files = async () => {
    const all = await readdir(directory, { recursive: true, withFileTypes: true });
    return all.flatMap((entry) => (entry.isFile() ? [entry.name] : []));
  };
  return { ...uploaderTo(store), store, clock, directory, living, files };
}

test("only the user of the process may read documents", async () => {
  const { put, directory } = await setup();
  await put("abc");
  const modes = await Promise.all(
    [".", ...(await readdir(directory))].map(
      async (name) => (await stat(join(directory, name))).mode & 0o777,
    ),
  );
  expect(modes).toEqual([0o700, 0o700, 0o600, 0o600, 0o700]);
});

test("an upload that is cut leaves no file", async () => {
  const { store, files } = await setup();
  let during: string[] = [];
  async function* broken() {
    yield Buffer.from("half");
    during = await files();
    throw new Error("gone");
  }
  await expect(store.put(owner, { name: "" }, broken())).rejects.toThrow("gone");
  expect(during).toEqual([expect.stringMatching(/\.part$/)]);
  expect(await files()).toEqual([]);
});

test("an id that is a path opens no file", async () => {
  const { store } = await setup();
  expect(await store.get("../etc/passwd", owner)).toBeUndefined();
  const id = "../etc/passwd" as DocumentId;
  expect(() => store.read({ id, ownerKeyId: owner })).toThrow("is not a document id");
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
  expect(await store.get(whole.document.id, owner)).toBeUndefined();
  expect(await readFile(join(directory, whole.document.id), "utf8")).toBe("a");
  clock.advance(1);
  await store.tidyUploads();
  await store.tidy(owner);
  expect(await store.get(whole.document.id, owner)).toMatchObject({ id: whole.document.id });
  expect(await store.get(empty.document.id, owner)).toBeUndefined();
  expect((await store.list(owner, 10)).documents.map(({ id }) => id)).toEqual([whole.document.id]);
  expect(await readdir(join(directory, "keys", owner))).toHaveLength(1);
});

test("a document is removed whole, although a crash left its description under two names", async () => {
  const { store, directory, put, stored, living, files } = await setup();
  const { document } = await stored(put("a"));
  const path = join(directory, `${document.id}.json`);
  await link(path, `${path}.away`);
  expect(await store.remove(await living(document.id))).toBe("removed");
  expect(await store.get(document.id, owner)).toBeUndefined();
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
