// How documents live, in every place.
import type { DocumentId } from "@millrace/shared";
import { ManualClock } from "@millrace/testing";
import { describe, expect, test } from "vitest";
import type { LivingDocument } from "../src/index.ts";
import { DAY_MS, kinds, open, owner, type StoreOptions, stranger, uploaderTo } from "./places.ts";

for (const { name, perDocument, skipped, prepare } of kinds) {
  describe.skipIf(skipped)(name, () => {
    const emptyPlace = prepare();

    async function setup({
      clock = new ManualClock(Date.UTC(2096, 10, 1)),
      ...options
    }: StoreOptions & { readonly clock?: ManualClock } = {}) {
      const { place, names } = await emptyPlace();
      const store = await open(place, { clock, ...options });
      const living = async (id: DocumentId) => (await store.get(id, owner)) as LivingDocument;
      return { ...uploaderTo(store), store, clock, living, names };
    }

    test("the same content of a key is the same document, whatever its name", async () => {
      const { put, stored, names } = await setup();
      const first = await stored(put("The mill turns.", { name: "a.txt" }));
      const before = await names();
      const second = await stored(put("The mill turns.", { name: "b.txt" }));
      expect(first).toMatchObject({ existing: false });
      expect(second).toMatchObject({
        existing: true,
        document: { id: first.document.id, name: "a.txt" },
      });
      expect(await names()).toEqual(before);
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
      const { store, put, stored, names } = await setup();
      const all = await Promise.all(
        Array.from({ length: 8 }, () => stored(put("The mill turns."))),
      );
      const ids = new Set(all.map(({ document }) => document.id));
      expect(ids.size).toBe(1);
      expect(all.filter(({ existing }) => !existing)).toHaveLength(1);
      expect((await store.list(owner, 10)).documents).toHaveLength(1);
      expect(await names()).toHaveLength(perDocument);
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
      const { store, put, stored, living, names } = await setup();
      const { document } = await stored(put("a"));
      expect(await store.remove(await living(document.id))).toBe("removed");
      expect(await store.get(document.id, owner)).toBeUndefined();
      expect(await names()).toEqual([]);
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
      const { put, stored, clock, living, names } = await setup();
      const beganMs = clock.nowMs();
      const { document } = await stored(put("The mill turns.", { expiresAtMs: beganMs + 1 }));
      const before = await names();
      const again = await Promise.all(
        [2, 3, 4, 5, 6, 7].map((ms) =>
          stored(put("The mill turns.", { expiresAtMs: beganMs + ms })),
        ),
      );
      expect(again.every(({ existing }) => existing)).toBe(true);
      expect((await living(document.id)).expiresAtMs).toBeGreaterThan(beganMs + 1);
      expect([...(await names())].sort()).toEqual([...before].sort());
    });
  });
}
