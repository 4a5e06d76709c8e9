import {
  type Entry,
  fromBufferPromise,
  fromFdPromise,
  fromRandomAccessReaderPromise,
  type Options,
  RandomAccessReader,
  type ZipFile,
} from "yauzl";

/** Content of which any part can be read. */
export abstract class RangeSource extends RandomAccessReader {
  abstract readonly sizeBytes: number;
  /** Throws the error that a read has met. It makes an archive look damaged. */
  abstract assertRead(): void;
}

/** A file on disk by its descriptor, content in memory, or content elsewhere. */
export type ZipSource = number | Uint8Array | RangeSource;

/** Documents with more files than this are not read: their directory alone takes long to read. */
const ENTRIES_LIMIT = 20_000;

/** The directory of a ZIP archive. */
export interface ZipDirectory {
  /** Files by their name. Names have forward slashes and no slash at the beginning. */
  readonly entries: ReadonlyMap<string, Entry>;
  readonly file: ZipFile;
}

function openZip(source: ZipSource, options: Options): Promise<ZipFile> {
  if (typeof source === "number") return fromFdPromise(source, options);
  if (source instanceof RangeSource) {
    return fromRandomAccessReaderPromise(source, source.sizeBytes, options);
  }
  return fromBufferPromise(Buffer.from(source.buffer, source.byteOffset, source.length), options);
}

/** Reads the directory at the end of an archive, and unpacks nothing. Undefined if it is damaged or too long. */
export async function readZipDirectory(source: ZipSource): Promise<ZipDirectory | undefined> {
  const options = { autoClose: false, strictFileNames: false, validateEntrySizes: true };
  const entries = new Map<string, Entry>();
  try {
    const file = await openZip(source, options);
    if (file.entryCount > ENTRIES_LIMIT) return undefined;
    for await (const entry of file.eachEntry()) entries.set(entry.fileName, entry);
    return { entries, file };
  } catch {
    return undefined;
  }
}

/**
 * Unpacks a file of an archive. Throws a RangeError if it has more than `limitBytes`. An archive that states another
 * size than it unpacks to is damaged: that throws too.
 */
export async function unpack(
  { entries, file }: ZipDirectory,
  name: string,
  limitBytes: number,
): Promise<Buffer | undefined> {
  const entry = entries.get(name);
  if (entry === undefined) return undefined;
  if (entry.uncompressedSize > limitBytes) throw new RangeError(`${name} is too large`);
  const pieces: Buffer[] = [];
  for await (const piece of await file.openReadStreamPromise(entry)) pieces.push(piece);
  return Buffer.concat(pieces);
}
