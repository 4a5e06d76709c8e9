import { type DocumentId, isKeyId, type KeyId } from "@millrace/shared";
import { countedAs, type DocumentHome, type HomeParts, LEFT_OVER_MS } from "../document-home.ts";
import { knownBytes } from "../known-bytes.ts";
import { conditionProbe } from "./condition-probe.ts";
import { documentNamed, folderOf, folders, nameIn, newestFirst } from "./object-names.ts";
import { RangeObject } from "./range-objects.ts";
import { recordObjects } from "./record-objects.ts";
import { s3Addresses, storedBytes } from "./s3-addresses.ts";
import { s3Client } from "./s3-client.ts";
import { type S3Leftovers, tidyKey } from "./s3-leftovers.ts";
import { s3Objects } from "./s3-objects.ts";
import type { S3Place } from "./s3-place.ts";
import { sameObjects } from "./same-objects.ts";

/**
 * Documents in an object store. `content/<key id>/` has what they hold, `documents/<key id>/` the descriptions, and
 * `same/<key id>/` which content is which document. The sizes of a key's contents are what it stores, so nothing else counts
 * them. The server must keep a write to its condition (If-Match, If-None-Match), and show what is written to every reader
 * at once.
 */
export function openS3Home(place: S3Place, { clock, random, later }: HomeParts): DocumentHome {
  const client = s3Client(place);
  const objects = s3Objects(client, place.bucket, place.prefix);
  const records = recordObjects(objects, clock, random);
  const contents = sameObjects(objects);
  const assertConditions = conditionProbe(objects);
  const known = knownBytes((keyId) => storedBytes(objects, keyId, place, clock.nowMs()), clock);
  const leftovers: S3Leftovers = { objects, records };

  return {
    contents,
    addresses: s3Addresses(place, { objects, clock, known, assertConditions }),
    bytesOf: known.of,

    async write(ref, content, keep) {
      await assertConditions();
      const name = nameIn("content", ref);
      let sizeBytes = 0;
      await objects.upload(
        name,
        (async function* () {
          for await (const piece of content) {
            sizeBytes += piece.length;
            yield piece;
          }
        })(),
      );
      const source = new RangeObject(objects, name, sizeBytes);
      let kept = false;
      try {
        const wanted = await keep(source);
        // A store that fails makes an archive look damaged.
        source.assertRead();
        kept = wanted;
      } finally {
        if (!kept) await objects.remove(name);
      }
    },

    read: (ref) => objects.read(nameIn("content", ref)),

    async create(document) {
      const living = await records.create(document);
      known.change(document.ownerKeyId, countedAs(document.sizeBytes));
      return living;
    },

    find: records.read,
    use: records.use,
    renew: (ref, expiresAtMs) => records.renew(ref, (old) => later(old, expiresAtMs)),

    async takeAway(ref, usedAtMs) {
      // What a crash leaves of a removal is found by this object.
      await objects.put(nameIn("removals", ref), String(clock.nowMs()));
      const outcome = await records.takeAway(ref, usedAtMs);
      if (outcome === "used") await objects.remove(nameIn("removals", ref));
      return outcome;
    },

    async discard(document) {
      await objects.remove(nameIn("content", document));
      await records.forget(document);
      await objects.remove(nameIn("removals", document));
      known.change(document.ownerKeyId, -countedAs(document.sizeBytes));
    },

    async newest(keyId, count, below) {
      const folder = folderOf("descriptions", keyId);
      const after = below === undefined ? undefined : `${folder}${newestFirst(below)}`;
      const ids: DocumentId[] = [];
      for await (const { name } of objects.list(folder, { after, max: count })) {
        const id = documentNamed(name.slice(folder.length));
        if (id !== undefined) ids.push(id);
      }
      return ids;
    },

    async owners() {
      const owners = new Set<KeyId>();
      for (const folder of [folders.content, folders.uploads, folders.removals]) {
        for await (const name of objects.folders(folder)) if (isKeyId(name)) owners.add(name);
      }
      return [...owners];
    },

    tidy: (keyId) => tidyKey(leftovers, keyId, clock.nowMs() - LEFT_OVER_MS),
    tidyUploads: () => objects.abortUploads(folders.content, clock.nowMs() - LEFT_OVER_MS),
  };
}
