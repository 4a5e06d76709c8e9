import { type ContentRefusal, encrypted } from "./content-refusal.ts";
import { contentTypes, type DocumentContentType } from "./document-types.ts";
import { readZipDirectory, unpack, type ZipDirectory, type ZipSource } from "./zip-directory.ts";

const { docx, pptx, xlsx, odt, odp, ods, epub } = contentTypes;
const ZIP = "application/zip";
const MIMETYPE_LIMIT_BYTES = 1_024;
const MANIFEST_LIMIT_BYTES = 1_048_576;

const folders: readonly (readonly [RegExp, DocumentContentType])[] = [
  [/^word\/.*\.xml$/i, docx],
  [/^ppt\/.*\.xml$/i, pptx],
  [/^xl\/.*\.xml$/i, xlsx],
];

/** Templates of OpenDocument hold the same content as documents. */
const openTypes = new Map<string, DocumentContentType>(
  [odt, odp, ods].flatMap((type) => [
    [type, type],
    [`${type}-template`, type],
  ]),
);

/** An archive that people would call by another name than ZIP, though it is one. */
const archive = (): ContentRefusal => ({
  reason: "DOCUMENT_TYPE_MISMATCH",
  problem: "is a ZIP archive: unpack it, and upload each document by itself",
  contentType: ZIP,
});

async function openTypeOf(directory: ZipDirectory) {
  const bytes = await unpack(directory, "mimetype", MIMETYPE_LIMIT_BYTES);
  const type = openTypes.get(bytes?.toString("latin1").trim() ?? "");
  if (type === undefined) return undefined;
  const manifest = await unpack(directory, "META-INF/manifest.xml", MANIFEST_LIMIT_BYTES);
  return manifest?.includes("encryption-data") === true ? encrypted(type) : type;
}

/** Tells which document a ZIP archive is by the names of its files. */
export async function typeOfZip(source: ZipSource): Promise<DocumentContentType | ContentRefusal> {
  const directory = await readZipDirectory(source);
  if (directory === undefined) {
    const problem =
      "is a damaged or very large ZIP archive: save or export it again, and then upload it";
    return { reason: "DOCUMENT_UNREADABLE", problem, contentType: ZIP };
  }
  const { entries } = directory;
  const names = [...entries.keys()];
  if ([...entries.values()].some((entry) => entry.isEncrypted())) return encrypted(ZIP);
  if (entries.has("META-INF/container.xml")) return epub;
  try {
    const type = await openTypeOf(directory);
    if (type !== undefined) return type;
  } catch {
    return archive();
  }
  if (!names.some((name) => name.toLowerCase() === "[content_types].xml")) return archive();
  const [, type] = folders.find(([pattern]) => names.some((name) => pattern.test(name))) ?? [];
  return type ?? archive();
}
