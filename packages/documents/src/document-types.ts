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
} as const;

export type DocumentType = keyof typeof contentTypes;
export type DocumentContentType = (typeof contentTypes)[DocumentType];

export const documentContentTypes = Object.values(contentTypes);

/** What people call the types, for messages. */
export const typeNames =
  "PDF, DOCX, PPTX, XLSX, ODT, ODP, ODS, EPUB, RTF, HTML, e-mail (EML), Markdown or plain text";

const aliases: Readonly<Record<string, DocumentContentType>> = {
  "text/rtf": contentTypes.rtf,
  "text/x-markdown": contentTypes.markdown,
  "application/xhtml+xml": contentTypes.html,
};

/** Finds the content type that a media type names. Parameters, such as a charset, do not matter. */
export function contentTypeNamed(mediaType: string): DocumentContentType | undefined {
  const name = mediaType.split(";")[0]?.trim().toLowerCase() ?? "";
  return documentContentTypes.find((known) => known === name) ?? aliases[name];
}
