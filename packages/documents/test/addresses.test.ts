// Uploads and downloads past the gateway, on every server that speaks S3.
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@millrace/shared";
import { ManualClock, startS3Server } from "@millrace/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import type { DocumentAddresses, UploadAddress } from "../src/index.ts";
import { kinds, namesIn, open, owner, pieces, placeIn, stranger, uploaderTo } from "./places.ts";

const promise = (content: string | Uint8Array) => ({
  sizeBytes: Buffer.byteLength(content),
  sha256: createHash("sha256").update(content).digest("hex"),
});
const LEAST = 12 * 1_024;
const MINUTE_MS = 60_000;

const send = (address: UploadAddress, body: string | Uint8Array, headers = address.headers) =>
  fetch(address.url, { method: "PUT", headers, body: Buffer.from(body) });

async function begun(
  addresses: DocumentAddresses,
  content: string,
  { name = "a", contentType = "", keyBytes = Number.POSITIVE_INFINITY, keyId = owner } = {},
) {
  const header = { name, ...(contentType === "" ? {} : { contentType }) };
  const outcome = await addresses.begin(keyId, header, promise(content), keyBytes);
  if (outcome.kind !== "begun") throw new Error(outcome.kind);
  return outcome.address;
}

test("a directory has no addresses", async () => {
  const directory = await mkdtemp(join(tmpdir(), "millrace-documents-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  expect((await open({ directory })).addresses).toBeUndefined();
});

for (const { name, skipped, verifies, prepare } of kinds.slice(1)) {
  describe.skipIf(skipped)(name, () => {
    const emptyPlace = prepare();

    async function setup() {
      const { place, names } = await emptyPlace();
      const clock = new ManualClock(systemClock.nowMs());
      const store = await open(place, { clock });
      const { addresses } = store;
      if (addresses === undefined) throw new Error("an object store has addresses");
      return { ...uploaderTo(store), store, addresses, clock, names };
    }

    test("what is sent to an address is a document once it is completed", async () => {
      const { store, addresses, names } = await setup();
      const address = await begun(addresses, "# Moby", { name: "moby.md" });
      expect(await addresses.complete(owner, address.id)).toEqual({ kind: "nothingSent" });
      expect((await send(address, "# Moby")).status).toBe(200);
      expect(await store.get(address.id, owner)).toBeUndefined();
      expect(await addresses.complete(stranger, address.id)).toEqual({ kind: "unknownUpload" });
      const completed = await addresses.complete(owner, address.id);
      expect(completed).toMatchObject({
        ...{ kind: "stored", existing: false },
        document: {
          id: address.id,
          name: "moby.md",
          contentType: "text/markdown",
          ...promise("# Moby"),
        },
      });
      // Safe to repeat, and nothing of the upload is left besides the document.
      expect(await addresses.complete(owner, address.id)).toMatchObject({ kind: "stored" });
      expect(await names()).toHaveLength(3);
    });

    test.skipIf(!verifies)(
      "an address takes only the promised size and hash, only once, and only its own object",
      async () => {
        const { addresses } = await setup();
        const address = await begun(addresses, "abc");
        const other = createHash("sha256").update("abd").digest("base64");
        const refusals = [
          await send(address, "abcd"),
          await send(address, "abd"),
          await send(address, "abd", { ...address.headers, "x-amz-checksum-sha256": other }),
          await send(
            { ...address, url: address.url.replace(/(content\/\w+\/).{4}/, "$10000") },
            "abc",
          ),
        ];
        expect(refusals.every(({ status }) => status >= 400 && status < 500)).toBe(true);
        expect((await send(address, "abc")).status).toBe(200);
        expect((await send(address, "abc")).status).toBe(412);
        expect((await send(address, "abc", {})).status).toBeGreaterThanOrEqual(400);
      },
    );

    test("content that the key has already is the document that exists", async () => {
      const { store, put, stored, addresses, names } = await setup();
      const { document } = await stored(put("The mill turns."));
      const before = await names();
      const address = await begun(addresses, "The mill turns.");
      await send(address, "The mill turns.");
      for (let times = 0; times < 2; times += 1) {
        expect(await addresses.complete(owner, address.id)).toMatchObject({
          ...{ kind: "stored", existing: true, document: { id: document.id } },
        });
      }
      // What the upload became is known until it is a day old.
      expect(await names()).toHaveLength(before.length + 1);
      expect(await store.get(address.id, owner)).toBeUndefined();
    });

    test("content of another type than the declared one is refused and deleted", async () => {
      const { addresses, store } = await setup();
      const address = await begun(addresses, "no PDF", { contentType: "application/pdf" });
      await send(address, "no PDF");
      expect(await addresses.complete(owner, address.id)).toEqual({
        ...{ kind: "typeMismatch", declared: "application/pdf", actual: "text/plain" },
      });
      expect(await addresses.complete(owner, address.id)).toEqual({ kind: "nothingSent" });
      expect(await store.get(address.id, owner)).toBeUndefined();
    });

    test("an upload counts against the limit of its key until its time is over", async () => {
      const { addresses, clock, store } = await setup();
      const refused = await addresses.begin(owner, { name: "" }, promise("a"), LEAST - 1);
      expect(refused).toEqual({ kind: "keyFull", storedBytes: 0, limitBytes: LEAST - 1 });
      const keyBytes = 2 * LEAST - 1;
      const address = await begun(addresses, "a", { keyBytes });
      const put = () => store.put(owner, { name: "" }, pieces("b"), keyBytes);
      expect((await put()).kind).toBe("keyFull");
      clock.advance(75 * MINUTE_MS - 1);
      expect((await put()).kind).toBe("keyFull");
      clock.advance(10_000);
      expect((await put()).kind).toBe("stored");
      expect(await addresses.complete(owner, address.id)).toEqual({ kind: "unknownUpload" });
    });

    test("an upload that is never completed is removed a day later", async () => {
      const { addresses, clock, store, names } = await setup();
      const address = await begun(addresses, "abc");
      await send(address, "abc");
      expect(await store.owners()).toEqual([owner]);
      clock.advance(24 * 60 * MINUTE_MS - 1);
      await store.tidy(owner);
      expect(await names()).toHaveLength(2);
      clock.advance(1);
      await store.tidy(owner);
      expect(await names()).toEqual([]);
    });

    test("a document is downloaded as an attachment in its own type", async () => {
      const { put, stored, addresses } = await setup();
      const { document } = await stored(
        put("# a", { name: "Größe.md", contentType: "text/markdown" }),
      );
      const { url, expiresAtMs } = await addresses.download(document);
      expect(expiresAtMs).toBeGreaterThan(systemClock.nowMs());
      const response = await fetch(url);
      expect(await response.text()).toBe("# a");
      expect(response.headers.get("content-type")).toBe("text/markdown");
      expect(response.headers.get("content-disposition")).toMatch(/^attachment; .*Gr%C3%B6%C3%9Fe/);
    });

    test.skipIf(!verifies)("an address to read allows nothing else", async () => {
      const { put, stored, addresses } = await setup();
      const { document } = await stored(put("# a"));
      const { url } = await addresses.download(document);
      expect((await fetch(url, { method: "DELETE" })).status).toBe(403);
    });
  });
}

test("where the server verifies no hash, the content is read and what differs is refused", async () => {
  const server = await startS3Server({ checksums: false });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const place = placeIn(server);
  const { addresses } = await open({ s3: place });
  if (addresses === undefined) throw new Error("an object store has addresses");
  const address = await begun(addresses, "abc");
  expect((await send(address, "abd")).status).toBe(200);
  expect(await addresses.complete(owner, address.id)).toEqual({ kind: "otherContent" });
  expect(await addresses.complete(owner, address.id)).toEqual({ kind: "nothingSent" });
  expect((await send(address, "abc")).status).toBe(200);
  expect(await addresses.complete(owner, address.id)).toMatchObject({ kind: "stored" });
  expect(await namesIn(place)).toHaveLength(3);
});

test("addresses are under the URL that callers use", async () => {
  const server = await startS3Server();
  onTestFinished(() => server[Symbol.asyncDispose]());
  const place = { ...placeIn(server), publicEndpoint: "https://documents.example.com" };
  const { addresses } = await open({ s3: place });
  const { url } = await begun(addresses as DocumentAddresses, "abc");
  expect(url).toMatch(/^https:\/\/documents\.example\.com\/documents\/test-/);
  expect(url).not.toContain("secret");
});
