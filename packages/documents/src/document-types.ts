const office = "application/vnd.openxmlformats-officedocument";
const open = "application/vnd.oasis.opendocument";

/** The content type of each type of document, by a short name for it. */
export const contentTypes = {
  pdf: "application/pdf",
  text: "text/plain",
  markdown: "text/markdown",
  html: "text/html",
  docx: `${office}.wordprocessingml.document`,
  pptx: `${office}.presentationml.presentation`,
  xlsx: `${office}.spreadsheetml.sheet`,
  odt: `${open}.text`,
  odp: `${open}.presentation`,
  ods: `${open}.spreadsheet`,
  epub: "application/epub+zip",
  email: "message/rfc822",
  rtf: "application/rtf",
  png: "image/png",
  jpeg: "image/jpeg",
  tiff: "image/tiff",
} as const;

export type DocumentType = keyof typeof contentTypes;
export type DocumentContentType = (typeof contentTypes)[DocumentType];

const documentContentTypes = Object.values(contentTypes);

/** What people call the types, for messages. */
export const typeNames =
  "PDF, DOCX, PPTX, XLSX, ODT, ODP, ODS, EPUB, RTF, HTML, e-mail (EML), Markdown, plain text, or a PNG, JPEG or TIFF image";

const aliases: Readonly<Record<string, DocumentContentType>> = {
  "text/rtf": contentTypes.rtf,
  "text/x-markdown": contentTypes.markdown,
  "application/xhtml+xml": contentTypes.html,
  "image/jpg": contentTypes.jpeg,
};

/** A media type without parameters (RFC 6838). */
const MEDIA_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/;

/** The media type that a Content-Type field names, without its parameters. Undefined if it names none. */
export function mediaTypeNamed(field: string): string | undefined {
  const name = field.split(";")[0]?.trim().toLowerCase() ?? "";
  return MEDIA_TYPE.test(name) ? name : undefined;
}

/** Finds the content type that a media type names, if documents of that type can be read. Parameters do not matter. */
export function contentTypeNamed(mediaType: string): DocumentContentType | undefined {
  const name = mediaTypeNamed(mediaType) ?? "";
  return documentContentTypes.find((known) => known === name) ?? aliases[name];
}

/** Whether content of this media type is a picture. */
export const isImage = (mediaType: string): boolean => mediaType.startsWith("image/");

/** Whether content of this media type is text, such as JSON. It is read as plain text. */
export const isTextual = (mediaType: string): boolean =>
  /^text\/|[+/](json|xml|yaml|toml|csv|sql|graphql|javascript|x-(yaml|toml|ndjson|sh|tex|sql|latex|httpd-php))$|[/.-]jsonl?$|\/(ndjson|jsonlines)$/.test(
    mediaType,
  );
