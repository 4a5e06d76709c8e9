import type { ContentCheck } from "./content-check.ts";
import { type ContentRefusal, imageTypeOf, refusalOf } from "./content-refusal.ts";
import { contentTypes, type DocumentContentType } from "./document-types.ts";
import { typeOfZip } from "./office-types.ts";
import type { ZipSource } from "./zip-directory.ts";

const { email, html, markdown, rtf, text } = contentTypes;
const textTypes: ReadonlySet<DocumentContentType> = new Set([email, html, markdown, text]);

/** Whether documents of this type are text, which may be of any of these types. */
export const isText = (type: DocumentContentType): boolean => textTypes.has(type);

/** What the caller says of a document. */
export interface DeclaredType {
  readonly name: string;
  readonly contentType: DocumentContentType | undefined;
}

/** The type of a text that only its name shows: Markdown, a part of a page, or an e-mail without fields. */
function textNamed(name: string): DocumentContentType {
  if (/\.(md|markdown)$/i.test(name)) return markdown;
  if (/\.eml$/i.test(name)) return email;
  return /\.x?html?$/i.test(name) ? html : text;
}

/**
 * Returns the type that the content has. What is declared matters only for text, which has one type by its content and
 * may be Markdown or a part of a page too.
 */
export async function typeOfContent(
  check: ContentCheck,
  source: ZipSource,
  declared: DeclaredType,
): Promise<DocumentContentType | ContentRefusal> {
  const kind = check.finish();
  switch (kind) {
    case "pdf":
    case "rtf":
    case "html":
    case "email":
      return contentTypes[kind];
    case "zip":
      return typeOfZip(source);
    case "image":
      return imageTypeOf(check.head);
    case "other":
      return refusalOf(check.head);
    case "text": {
      const { contentType, name } = declared;
      if (contentType === undefined) return textNamed(name);
      return isText(contentType) ? contentType : text;
    }
  }
}

/** Whether content of type `actual` may be declared as `declared`. HTML, RTF and e-mails are texts too. */
export function mayBeDeclared(
  actual: DocumentContentType,
  declared: DocumentContentType | undefined,
): boolean {
  if (declared === undefined || declared === actual) return true;
  return isText(declared) && (isText(actual) || actual === rtf);
}
