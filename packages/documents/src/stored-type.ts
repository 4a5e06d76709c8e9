import type { ContentCheck } from "./content-check.ts";
import type { ContentRefusal } from "./content-refusal.ts";
import { contentTypeNamed, contentTypes, isImage, isTextual } from "./document-types.ts";
import { isText, mayBeDeclared, typeOfContent } from "./type-of-content.ts";
import type { ZipSource } from "./zip-directory.ts";

/** Under which type content is stored, and why it cannot be read, if it cannot. */
export interface StoredType {
  readonly contentType: string;
  readonly unreadable?: Pick<ContentRefusal, "reason" | "problem">;
}

/** The content is certainly of another type than the declared one. */
export interface TypeMismatch {
  readonly declared: string;
  readonly actual: string;
}

const UNKNOWN = "application/octet-stream";
/** What many formats are in. */
const containers = new Set(["application/zip", "application/x-cfb"]);
/** Types whose content is in a container, also when it is encrypted or damaged. */
const contained: ReadonlySet<string> = new Set([
  ...[contentTypes.docx, contentTypes.pptx, contentTypes.xlsx],
  ...[contentTypes.odt, contentTypes.odp, contentTypes.ods, contentTypes.epub],
]);

const topLevel = (mediaType: string): string => mediaType.slice(0, mediaType.indexOf("/"));

/** Whether content that cannot be read may be what its caller declares. */
function mayBe(declared: string, actual: string | undefined): boolean {
  if (actual === declared) return true;
  if (contentTypeNamed(declared) !== undefined) {
    return contained.has(declared) && actual !== undefined && containers.has(actual);
  }
  if (actual === undefined) return !isTextual(declared);
  if (containers.has(actual)) return topLevel(declared) === "application";
  return topLevel(actual) === topLevel(declared) && contentTypeNamed(actual) === undefined;
}

/**
 * Returns the type under which content is stored. Any content may be stored: its type only decides what can be done with
 * it. A declared type (a media type in lower case, without parameters) holds unless the content certainly has another type.
 */
export async function storedTypeOf(
  check: ContentCheck,
  source: ZipSource,
  header: { readonly name: string; readonly contentType?: string },
): Promise<StoredType | TypeMismatch> {
  const declared = header.contentType === UNKNOWN ? undefined : header.contentType;
  const known = declared === undefined ? undefined : contentTypeNamed(declared);
  const found = await typeOfContent(check, source, { name: header.name, contentType: known });
  if (typeof found === "string") {
    if (declared === undefined) return { contentType: found };
    if (known !== undefined) {
      return mayBeDeclared(found, known) ? { contentType: found } : { declared, actual: found };
    }
    // Formats that Millrace does not know may look like one that it knows: like text, or like TIFF.
    const holds = isText(found) ? isTextual(declared) : isImage(found) && isImage(declared);
    return holds ? { contentType: declared } : { declared, actual: found };
  }
  const { contentType: actual, ...unreadable } = found;
  const type = known ?? declared;
  if (type === undefined) return { contentType: actual ?? UNKNOWN, unreadable };
  if (mayBe(type, actual)) return { contentType: type, unreadable };
  return { declared: type, actual: actual ?? UNKNOWN };
}
