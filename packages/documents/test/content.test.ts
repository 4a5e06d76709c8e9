// What every place of documents does with content. The tests of a directory alone are in directory.test.ts, and those of
// an object store alone in s3.test.ts.
import { type Clock, systemClock } from "@millrace/shared";
import { ManualClock } from "@millrace/testing";
import { zipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { contentTypes } from "../src/index.ts";
import { kinds, open, owner, pieces, stranger, textOf } from "./places.ts";

const png = Buffer.from("89504e470d0a1a0a0000000d4948445200000001", "hex");
const docx = contentTypes.docx;
const jar = "application/java-archive";
const locked = Buffer.concat([
  ...[Buffer.from("d0cf11e0a1b11ae1", "hex"), Buffer.alloc(600)],
  ...[Buffer.from("EncryptedPackage", "utf16le"), Buffer.alloc(64)],
]);

/** The least that a document counts. */
const LEAST = 12 * 1_024;
let letter = 0;
/** Content that differs each time, of a length up to 26 times. */
const bytes = (count: number) => pieces(String.fromCharCode(97 + (letter++ % 26)).repeat(count));

for (const { name, skipped, prepare } of kinds) {
  describe.skipIf(skipped)(name, () => {
    const emptyPlace = prepare();

    async function setup(maxBytes = 10_000) {
      const { place, names } = await emptyPlace();
      const store = await open(place, { maxBytes });
      const put = (contentType: string | undefined, ...parts: (string | Uint8Array)[]) =>
        store.put(owner, { name: "a", ...(contentType && { contentType }) }, pieces(...parts));
      /** Opens the same documents as another program would. */
      const another = (clock: Clock = systemClock) => open(place, { maxBytes, clock });
      return { store, put, another, names };
    }

    test("a stored document can be read by its owner only", async () => {
      const { store, put } = await setup();
      const outcome = await put(undefined, "a", "bc");
      if (outcome.kind !== "stored") throw new Error(outcome.kind);
      const { document } = outcome;
      expect(document).toMatchObject({ name: "a", contentType: "text/plain", sizeBytes: 3 });
      expect(document.sha256).toBe(
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      );
      expect(await store.get(document.id, owner)).toEqual(document);
      expect(await store.get(document.id, stranger)).toBeUndefined();
      expect(await textOf(store.read(document))).toBe("abc");
    });

    test("a document of the size limit is accepted, and a larger or empty one is refused", async () => {
      const { put, names } = await setup(4);
      expect(await put(undefined, "ab", "cde")).toEqual({ kind: "tooLarge", limitBytes: 4 });
      expect(await put(undefined)).toEqual({ kind: "empty" });
      expect(await names()).toEqual([]);
      expect(await put(undefined, "ab", "cd")).toMatchObject({ kind: "stored" });
    });

    test("a PDF header must be within the first 1,024 bytes", async () => {
      const { put } = await setup();
      const pdf = "application/pdf";
      expect(await put(pdf, " ".repeat(1_019), "%PDF-1.7")).toMatchObject({ kind: "stored" });
      expect(await put(pdf, " ".repeat(1_020), "%PDF-1.7")).toEqual({
        ...{ kind: "typeMismatch", declared: pdf, actual: "text/plain" },
      });
    });

    test.each<[string, string | undefined, (string | Uint8Array)[], string]>([
      ["a PDF undeclared", undefined, ["%P", "DF-1.7\0"], "application/pdf"],
      ["a PDF declared text", "text/plain", ["%PDF-1.7"], "typeMismatch"],
      ["text declared a PDF", "application/pdf", ["a page that was not found"], "typeMismatch"],
      ["text declared Markdown", "text/markdown", ["# a"], "text/markdown"],
      [
        "a character cut between pieces",
        undefined,
        [Buffer.of(0xc3), Buffer.of(0xa9)],
        "text/plain",
      ],
      ["a character cut at the end", undefined, ["a", Buffer.of(0xc3)], "text/plain"],
      ["a NUL in text", "text/plain", ["a\0b"], "typeMismatch"],
      ["bytes that are no text", undefined, [Buffer.of(0xff)], "application/octet-stream"],
      ["JSON declared JSON", "application/json", ["{}"], "application/json"],
      ["JSON of a type of its own", "application/vnd.a+json", ["{}"], "application/vnd.a+json"],
      ["bytes of a type of their own", "application/vnd.a", [Buffer.of(0xff)], "application/vnd.a"],
      ["bytes declared JSON", "application/json", [Buffer.of(0xff, 0)], "typeMismatch"],
      ["text declared an image", "image/png", ["a page that was not found"], "typeMismatch"],
      ["an image undeclared", undefined, [png], "image/png"],
      ["an image declared an unknown type", "application/octet-stream", [png], "image/png"],
      ["an image declared another image", "image/x-own", [png], "image/x-own"],
      ["an image declared a PDF", "application/pdf", [png], "typeMismatch"],
      ["an image declared text", "text/csv", [png], "typeMismatch"],
      ["an image declared a DOCX", docx, [png], "typeMismatch"],
      ["a PDF declared an image", "image/png", ["%PDF-1.7"], "typeMismatch"],
      ["an archive undeclared", undefined, [zipSync({ a: Buffer.from("a") })], "application/zip"],
      ["an archive declared a JAR", jar, [zipSync({ a: Buffer.from("a") })], jar],
      ["an encrypted DOCX", docx, [locked], docx],
      ["a page declared text", "text/plain", ["<!DOCTYPE html><p>a"], "text/html"],
      [
        "an e-mail declared Markdown",
        "text/markdown",
        ["From: a@b.c\nDate: x\n\nHi"],
        "message/rfc822",
      ],
      ["RTF declared text", "text/plain", ["{\\rtf1 a}"], "application/rtf"],
      ["text declared RTF", "application/rtf", ["a"], "typeMismatch"],
    ])("%s", async (_name, declared, parts, expected) => {
      const { put } = await setup();
      const outcome = await put(declared, ...parts);
      expect(outcome.kind === "stored" ? outcome.document.contentType : outcome.kind).toBe(
        expected,
      );
    });

    test("the documents of a key may take exactly the limit together, and not one byte more", async () => {
      const { store, names } = await setup(100_000);
      const put = (count: number, bound: number) =>
        store.put(owner, { name: "" }, bytes(count), bound);
      expect(await put(2 * LEAST, 2 * LEAST)).toMatchObject({ kind: "stored" });
      expect(await put(LEAST, 3 * LEAST)).toMatchObject({ kind: "stored" });
      const before = await names();
      const full = { kind: "keyFull", storedBytes: 3 * LEAST, limitBytes: 5 * LEAST - 1 };
      expect(await put(2 * LEAST, 5 * LEAST - 1)).toEqual(full);
      expect(await names()).toEqual(before);
      expect(await put(2 * LEAST, 5 * LEAST)).toMatchObject({ kind: "stored" });
      const another = await store.put(stranger, { name: "" }, bytes(1), LEAST);
      expect(another).toMatchObject({ kind: "stored" });
    });

    test("a small document counts as what its files take on disk", async () => {
      const { store } = await setup();
      const put = () => store.put(owner, { name: "" }, bytes(1), 2 * LEAST - 1);
      expect([(await put()).kind, (await put()).kind]).toEqual(["stored", "keyFull"]);
    });

    test("an upload under way counts against the limit until it ends", async () => {
      const { store } = await setup(100_000);
      const { promise, resolve } = Promise.withResolvers<void>();
      async function* slow() {
        yield Buffer.alloc(LEAST, "a");
        await promise;
        throw new Error("gone");
      }
      const uploading = store.put(owner, { name: "" }, slow(), 2 * LEAST).catch(() => "gone");
      // Once this upload is refused, all bytes of the other upload have arrived.
      const other = async () =>
        (await store.put(owner, { name: "" }, bytes(LEAST + 1), 2 * LEAST)).kind;
      expect(await other()).toBe("keyFull");
      resolve();
      expect(await uploading).toBe("gone");
      expect(await other()).toBe("stored");
    });

    test("documents that another program has stored count within 10 s", async () => {
      const { store, another } = await setup();
      const clock = new ManualClock();
      const late = await another(clock);
      const put = (target: typeof store) => target.put(owner, { name: "" }, bytes(1), 2 * LEAST);
      expect((await put(late)).kind).toBe("stored");
      expect((await put(store)).kind).toBe("stored");
      clock.advance(10_000);
      expect((await put(late)).kind).toBe("keyFull");
    });
  });
}
