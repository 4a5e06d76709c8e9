import { readZipDirectory, type ZipDirectory } from "@millrace/documents";
import { damaged, UnreadableDocument } from "../format.ts";

/** What all files of a document that are read may unpack to. A small archive may claim terabytes. */
const UNPACKED_LIMIT_MB = 256;
/** Directories and settings of a document are read whole. */
const SMALL_LIMIT_BYTES = 16 * 1_048_576;

const keyOf = (path: string) => path.replace(/^\/+/, "").toLowerCase();

/** The files of a document that is a ZIP archive. Case does not matter in their names, as programs differ in it. */
export class PackageFiles {
  readonly #directory: ZipDirectory;
  readonly #names: ReadonlyMap<string, string>;
  #left = UNPACKED_LIMIT_MB * 1_048_576;

  private constructor(directory: ZipDirectory) {
    this.#directory = directory;
    this.#names = new Map([...directory.entries.keys()].map((name) => [keyOf(name), name]));
  }

  static async open(bytes: Uint8Array): Promise<PackageFiles> {
    const directory = await readZipDirectory(bytes);
    if (directory === undefined) throw damaged();
    return new PackageFiles(directory);
  }

  /** Paths of all files that match. */
  matching(pattern: RegExp): string[] {
    return [...this.#directory.entries.keys()].filter((name) => pattern.test(name));
  }

  has(path: string): boolean {
    return this.#names.has(keyOf(path));
  }

  /** Unpacks a file piece by piece, and nothing if it is missing. A file that is larger than it claims throws. */
  async *pieces(path: string): AsyncGenerator<Buffer> {
    const entry = this.#directory.entries.get(this.#names.get(keyOf(path)) ?? "");
    if (entry === undefined) return;
    try {
      for await (const piece of await this.#directory.file.openReadStreamPromise(entry)) {
        this.#left -= piece.length;
        if (this.#left < 0) throw this.#tooLarge();
        yield piece;
      }
    } catch (error) {
      throw error instanceof UnreadableDocument ? error : damaged();
    }
  }

  /** Unpacks a small file. Empty if it is missing. */
  async read(path: string): Promise<Buffer> {
    const pieces: Buffer[] = [];
    let size = 0;
    for await (const piece of this.pieces(path)) {
      size += piece.length;
      if (size > SMALL_LIMIT_BYTES) throw this.#tooLarge();
      pieces.push(piece);
    }
    return Buffer.concat(pieces);
  }

  #tooLarge(): UnreadableDocument {
    const problem = `unpacks to more than ${UNPACKED_LIMIT_MB} MiB: split it into several documents.`;
    return new UnreadableDocument("TOO_LARGE", problem);
  }
}
