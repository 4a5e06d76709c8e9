import { Busboy } from "@fastify/busboy";
import { rpcError } from "@millrace/runtime";
import { malformed } from "../jobs/read-call.ts";

/** A form of `multipart/form-data` with one file. Its fields may come before the file, and after it. */
export interface UploadForm {
  readonly fileName: string;
  /** The file's bytes, for one reader. It ends when the whole form has arrived. */
  readonly content: AsyncIterable<Uint8Array>;
  /** The fields that have arrived. After the end of `content` they are complete. */
  readonly fields: ReadonlyMap<string, string>;
}

/** Far above what callers of the SDKs send. */
const limits = { files: 1, fields: 32, fieldSize: 4_096, fieldNameSize: 128, headerPairs: 32 };
const FILE_FIELD = "file";

const incomplete = () => malformed(FILE_FIELD, "the form ended before all of it had arrived");

type Parser = InstanceType<typeof Busboy>;

function parserOf(contentType: string | undefined): Parser {
  const message = "content-type: must be multipart/form-data with a boundary";
  if (!/^\s*multipart\/form-data\b/i.test(contentType ?? "")) {
    throw rpcError({ reason: "MEDIA_TYPE", message });
  }
  try {
    return new Busboy({ headers: { "content-type": String(contentType) }, limits });
  } catch (cause) {
    throw rpcError({ reason: "MEDIA_TYPE", message, cause });
  }
}

/** Writes the body into the parser, no faster than the file is read. */
async function feed(body: AsyncIterable<Uint8Array>, parser: Parser): Promise<void> {
  for await (const piece of body) {
    if (parser.destroyed) return;
    await new Promise<void>((resolve, reject) => {
      parser.write(piece, (error) => (error ? reject(error) : resolve()));
    });
  }
  parser.end();
}

/** Reads a form up to the beginning of its file. Throws MALFORMED if it has none. */
export function readForm(
  body: AsyncIterable<Uint8Array>,
  contentType: string | undefined,
): Promise<UploadForm> {
  const parser = parserOf(contentType);
  const fields = new Map<string, string>();
  const whole = Promise.withResolvers<void>();
  const found = Promise.withResolvers<UploadForm>();
  const fail = (error: unknown) => {
    whole.reject(error);
    found.reject(error);
  };
  // Whoever reads the file gets the error from there.
  whole.promise.catch(() => undefined);
  parser.on("field", (name, value) => fields.set(name, value));
  parser.on("file", (name, file, fileName) => {
    if (name !== FILE_FIELD) return void file.on("error", () => fail(incomplete())).resume();
    // Without a listener, an error would end the process, also while nobody reads the file yet.
    file.on("error", () => fail(incomplete()));
    const content = async function* () {
      try {
        yield* file as AsyncIterable<Uint8Array>;
      } catch {
        throw incomplete();
      }
      await whole.promise;
    };
    found.resolve({ fileName: fileName ?? "", content: content(), fields });
  });
  parser.on("error", () => fail(incomplete()));
  parser.once("finish", () => {
    whole.resolve();
    found.reject(malformed(FILE_FIELD, "is required: send the file as a part of this name"));
  });
  feed(body, parser).catch((error: unknown) => {
    fail(error);
    parser.destroy();
  });
  return found.promise;
}
