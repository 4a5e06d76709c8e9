import type { DocumentHeader } from "@millrace/documents";
import { DocumentService } from "@millrace/proto/document-service";
import { uploadRefusal, withUploadDeadline } from "@millrace/runtime";
import { putUpload } from "../../documents/put-upload.ts";
import { jsonAnswer } from "../../http/json-answer.ts";
import { fileObject } from "../files/file-object.ts";
import { readForm } from "../files/read-form.ts";
import { malformed } from "../jobs/read-call.ts";
import type { OpenAiParts, OpenAiRoute } from "./route-parts.ts";

const PURPOSE = /^[a-z][a-z0-9_-]{0,63}$/;
/** A name without a path and without control characters, as the contract demands. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it refuses.
const NAME = /^[^/\\\x00-\x1f]{0,255}$/;
const MS = 1_000;
/** Files of this purpose may be longer than documents. */
const BATCH_PURPOSE = "batch";

class CountedContent implements AsyncIterable<Uint8Array> {
  bytes = 0;
  readonly #content: AsyncIterable<Uint8Array>;

  constructor(content: AsyncIterable<Uint8Array>) {
    this.#content = content;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for await (const piece of this.#content) {
      this.bytes += piece.length;
      yield piece;
    }
  }
}

function expiryOf(fields: ReadonlyMap<string, string>, createdAtMs: number) {
  const anchor = fields.get("expires_after[anchor]");
  const seconds = fields.get("expires_after[seconds]");
  if (anchor === undefined && seconds === undefined) return {};
  if (anchor !== "created_at") throw malformed("expires_after.anchor", "must be created_at");
  if (!/^\d{1,9}$/.test(seconds ?? "") || Number(seconds) < 1) {
    throw malformed("expires_after.seconds", "must be a number of seconds");
  }
  return { expiresAtMs: createdAtMs + Number(seconds) * MS };
}

function headerOf(
  name: string,
  fields: ReadonlyMap<string, string>,
  createdAtMs: number,
): DocumentHeader {
  const purpose = fields.get("purpose");
  if (purpose === undefined || !PURPOSE.test(purpose)) {
    throw malformed("purpose", "is required, for example user_data");
  }
  return { name, purpose, ...expiryOf(fields, createdAtMs) };
}

/** POST /v1/files: stores the file of a form while it arrives, as a document. */
export const createFileRoute = ({ parts, batchFileBytes }: OpenAiParts): OpenAiRoute => ({
  method: "POST",
  path: "/v1/files",
  rpc: DocumentService.method.uploadDocument,
  bodyUse: "pieces",
  async handle({ headers, body }, { identity }) {
    const { uploads, uploadTimes, clock, documentRetentionMs } = parts;
    using _ = uploads.enter(identity.keyId);
    const iterator = withUploadDeadline(body[Symbol.asyncIterator](), uploadTimes, clock);
    // A refusal may come before the upload has ended. Whoever reads the rest of the request needs its source.
    await using _source = { [Symbol.asyncDispose]: async () => void (await iterator.return?.()) };
    const pieces = { [Symbol.asyncIterator]: () => iterator };
    const { fileName, content, fields } = await readForm(pieces, headers.get("content-type"));
    if (!NAME.test(fileName)) throw malformed("file", "has a name that is a path, or too long");
    const counted = new CountedContent(content);
    const header = (createdAtMs: number) => {
      const whole = headerOf(fileName, fields, createdAtMs);
      const limitBytes = parts.documents.maxBytes;
      // The purpose may come after the file.
      if (whole.purpose !== BATCH_PURPOSE && counted.bytes > limitBytes) {
        throw uploadRefusal({ kind: "tooLarge", limitBytes });
      }
      return whole;
    };
    const mostBytes = Math.max(batchFileBytes, parts.documents.maxBytes);
    const { document } = await putUpload(parts, identity, header, counted, mostBytes);
    return jsonAnswer(200, JSON.stringify(fileObject(document, documentRetentionMs)));
  },
});
