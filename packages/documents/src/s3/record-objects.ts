import type { Clock, Random } from "@millrace/shared";
import { DocumentStoreFault } from "@millrace/shared";
import type { DocumentRef, LivingDocument, StoredDocument } from "../stored-document.ts";
import { nameIn } from "./object-names.ts";
import type { S3Objects } from "./s3-objects.ts";

/** What the description of a document holds. */
interface StoredRecord {
  readonly document: StoredDocument;
  readonly usedAtMs: number;
  /** The document is being removed, and does not exist. */
  readonly away?: { readonly atMs: number; readonly by: string };
}

/**
 * The descriptions of documents: one object of JSON for each. Each change reads it and writes it back if nothing has changed
 * it meanwhile, so changes of several programs happen one after the other.
 */
export interface RecordObjects {
  create(document: StoredDocument): Promise<LivingDocument>;
  read(ref: DocumentRef): Promise<LivingDocument | undefined>;
  /** See DocumentHome.use. Calls of one document that wait are one write. */
  use(ref: DocumentRef, atMs?: number): Promise<boolean>;
  /** Records a use, and gives the document the expiry that `expiryOf` makes of its own one. */
  renew(
    ref: DocumentRef,
    expiryOf: (old: number | undefined) => number | undefined,
  ): Promise<LivingDocument | undefined>;
  takeAway(ref: DocumentRef, usedAtMs: number): Promise<"taken" | "used" | "missing">;
  /** Brings a description back that was taken away before `beforeMs`. Returns what there is then. */
  restore(ref: DocumentRef, beforeMs: number): Promise<"living" | "leaving" | "missing">;
  forget(ref: DocumentRef): Promise<void>;
}

/** How often a change is tried again because another one was faster. */
const TRIES = 20;

const livingOf = ({ document, usedAtMs }: StoredRecord): LivingDocument => ({
  ...document,
  usedAtMs,
});

export function recordObjects(objects: S3Objects, clock: Clock, random: Random): RecordObjects {
  const nameOf = (ref: DocumentRef) => nameIn("descriptions", ref);

  /** Writes what `decide` makes of the record, unless that is the record itself. Undefined if there is none. */
  const change = async (
    ref: DocumentRef,
    decide: (record: StoredRecord) => StoredRecord,
  ): Promise<StoredRecord | undefined> => {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const found = await objects.get(nameOf(ref));
      if (found === undefined) return undefined;
      const before = JSON.parse(found.text) as StoredRecord;
      const after = decide(before);
      if (after === before) return before;
      const { etag } = found;
      if (await objects.put(nameOf(ref), JSON.stringify(after), { etag })) return after;
    }
    const message = `the document ${ref.id} is changed too often at once: try again`;
    throw new DocumentStoreFault("DOCUMENT_STORE_UNAVAILABLE", message);
  };

  const use = async (ref: DocumentRef, { atMs, nowMs }: Use): Promise<boolean> => {
    const record = await change(ref, (before) => {
      // Whoever wants to take the document away sees a use by its time, also one by a clock that is behind.
      const usedAtMs = Math.max(nowMs === undefined ? 0 : before.usedAtMs + 1, nowMs ?? 0, atMs);
      return before.away !== undefined || before.usedAtMs >= usedAtMs
        ? before
        : { ...before, usedAtMs };
    });
    return record !== undefined && record.away === undefined;
  };

  return {
    async create(document) {
      const record = { document, usedAtMs: clock.nowMs() };
      await objects.put(nameOf(document), JSON.stringify(record));
      return livingOf(record);
    },

    async read(ref) {
      const found = await objects.get(nameOf(ref));
      if (found === undefined) return undefined;
      const record = JSON.parse(found.text) as StoredRecord;
      return record.away === undefined ? livingOf(record) : undefined;
    },

    use: together(use, clock),

    async renew(ref, expiryOf) {
      const nowMs = clock.nowMs();
      const record = await change(ref, (before) => {
        if (before.away !== undefined) return before;
        const { expiresAtMs: old, ...rest } = before.document;
        const expiresAtMs = expiryOf(old);
        const document = expiresAtMs === undefined ? rest : { ...rest, expiresAtMs };
        return { ...before, document, usedAtMs: Math.max(before.usedAtMs, nowMs) };
      });
      return record === undefined || record.away !== undefined ? undefined : livingOf(record);
    },

    async takeAway(ref, usedAtMs) {
      // A repeated request may find what the first one has written.
      const away = { atMs: clock.nowMs(), by: Buffer.from(random.bytes(12)).toString("base64url") };
      const record = await change(ref, (before) =>
        before.away !== undefined || before.usedAtMs !== usedAtMs ? before : { ...before, away },
      );
      if (record?.away?.by === away.by) return "taken";
      return record === undefined || record.away !== undefined ? "missing" : "used";
    },

    async restore(ref, beforeMs) {
      const record = await change(ref, (before) => {
        const { away, ...living } = before;
        return away !== undefined && away.atMs < beforeMs ? living : before;
      });
      if (record === undefined) return "missing";
      return record.away === undefined ? "living" : "leaving";
    },

    forget: (ref) => objects.remove(nameOf(ref)),
  };
}

/** Uses of a document: now, if there is a `nowMs`, and the latest one at another time. */
interface Use {
  atMs: number;
  nowMs: number | undefined;
}

/**
 * Has one write serve all calls for a document that wait while another write is under way: many submissions may name one
 * document at once.
 */
function together(
  write: (ref: DocumentRef, use: Use) => Promise<boolean>,
  clock: Clock,
): RecordObjects["use"] {
  const waiting = new Map<string, { readonly use: Use; readonly outcome: Promise<boolean> }>();
  const running = new Map<string, Promise<unknown>>();
  return (ref, atMs) => {
    const name = nameIn("descriptions", ref);
    const nowMs = atMs === undefined ? clock.nowMs() : undefined;
    const joined = waiting.get(name);
    if (joined !== undefined) {
      joined.use.atMs = Math.max(joined.use.atMs, atMs ?? 0);
      joined.use.nowMs = nowMs ?? joined.use.nowMs;
      return joined.outcome;
    }
    const use: Use = { atMs: atMs ?? 0, nowMs };
    const begin = async (): Promise<boolean> => {
      await running.get(name);
      waiting.delete(name);
      const writing = write(ref, use);
      const ended = writing.catch(() => undefined);
      running.set(name, ended);
      void ended.then(() => running.get(name) === ended && running.delete(name));
      return writing;
    };
    const outcome = Promise.resolve().then(begin);
    waiting.set(name, { use, outcome });
    return outcome;
  };
}
