import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zipSync } from "fflate";
import { expect, onTestFinished, test } from "vitest";
import {
  ContentCheck,
  contentTypes,
  type DocumentContentType,
  typeOfContent,
} from "../src/index.ts";

const zip = (files: Readonly<Record<string, string>>) =>
  zipSync(
    Object.fromEntries(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)])),
  );

function typeOf(bytes: Uint8Array, contentType?: DocumentContentType, name = "a") {
  const check = new ContentCheck();
  check.add(bytes);
  return typeOfContent(check, bytes, { name, contentType });
}

const office = (folder: string) => zip({ "[Content_Types].xml": "", [`${folder}/a.xml`]: "" });
const openDocument = (type: string, manifest = "") =>
  zip({ mimetype: type, "META-INF/manifest.xml": manifest, "content.xml": "" });

const farTiff = Buffer.from("49492a0000001000".padEnd(10_000, "0"), "hex");

test.each<[string, Uint8Array, string]>([
  ["DOCX", office("word"), contentTypes.docx],
  ["DOCX of a program that writes other cases", office("Word"), contentTypes.docx],
  ["PPTX", office("ppt"), contentTypes.pptx],
  ["XLSX", office("xl"), contentTypes.xlsx],
  ["ODT", openDocument(contentTypes.odt), contentTypes.odt],
  ["template of ODT", openDocument(`${contentTypes.odt}-template`), contentTypes.odt],
  ["ODP", openDocument(contentTypes.odp), contentTypes.odp],
  ["ODS", openDocument(contentTypes.ods), contentTypes.ods],
  ["EPUB", zip({ mimetype: "x", "META-INF/container.xml": "" }), contentTypes.epub],
  ["RTF", Buffer.from("{\\rtf1\\ansi a}"), contentTypes.rtf],
  ["RTF with binary data", Buffer.from("{\\rtf1{\\pict\\bin3 \0\0\0}}"), contentTypes.rtf],
  [
    "HTML",
    Buffer.from("\ufeff<?xml version='1.0'?>\n<!-- a -->\n<HTML lang=en>"),
    contentTypes.html,
  ],
  ["HTML in UTF-16", Buffer.from("\ufeff<!doctype html><p>a", "utf16le"), contentTypes.html],
  ["e-mail", Buffer.from("Received: by b\r\n\tfor c\r\nSubject: d\r\n\r\ne"), contentTypes.email],
  ["mailbox", Buffer.from("From a@b Mon Jun 01 2009\nFrom: a@b\nTo: c\n\nd"), contentTypes.email],
  ["Markdown that begins with HTML", Buffer.from("<p align=center>\n\n# a"), contentTypes.text],
  ["PNG", Buffer.from("89504e470d0a1a0a0000000d4948445200000001", "hex"), contentTypes.png],
  [
    "animated PNG",
    Buffer.from(
      "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b5500000008" +
        "6163544c0000000100000000b592a6b8000000004944415400000000",
      "hex",
    ),
    contentTypes.png,
  ],
  ["JPEG", Buffer.from("ffd8ffe000104a46494600", "hex"), contentTypes.jpeg],
  ["TIFF of little-endian numbers", Buffer.from("49492a00080000000000", "hex"), contentTypes.tiff],
  ["TIFF with its directory far from its head", farTiff, contentTypes.tiff],
  ["TIFF of big-endian numbers", Buffer.from("4d4d002a000000080000", "hex"), contentTypes.tiff],
  ["notes with a colon", Buffer.from("Subject: mills\nDate: today\n\nText"), contentTypes.text],
])("tells %s by its content", async (_, bytes, type) => {
  expect(await typeOf(bytes)).toBe(type);
});

test.each<[string, DocumentContentType]>([
  ["a.md", contentTypes.markdown],
  ["a.HTM", contentTypes.html],
  ["a.eml", contentTypes.email],
  ["a.docx", contentTypes.text],
])("takes text named %s for %s unless another type is declared", async (name, type) => {
  const text = Buffer.from("The mill turns.");
  expect(await typeOf(text, undefined, name)).toBe(type);
  expect(await typeOf(text, contentTypes.text, name)).toBe(contentTypes.text);
});

const gif = Buffer.from("474946383961010001000000", "hex");
/** A raw picture of a camera, which begins as TIFF does. */
const raw = Buffer.from("49492a00100000004352020000000000", "hex");
const old = Buffer.concat([Buffer.from("d0cf11e0a1b11ae1", "hex"), Buffer.alloc(600)]);
const locked = Buffer.concat([old, Buffer.from("EncryptedPackage", "utf16le"), Buffer.alloc(64)]);
/** Sets the flag of encryption of the first file, in its header and in the directory. */
function withPassword(bytes: Uint8Array) {
  const changed = Buffer.from(bytes);
  changed.writeUInt16LE(1, 6);
  changed.writeUInt16LE(1, changed.indexOf("PK\u0001\u0002") + 8);
  return changed;
}
const junk = Buffer.from(Array.from({ length: 2_000 }, (_, index) => (index * index * 7) % 251));

test.each<[string, Uint8Array, string, RegExp]>([
  ["an image of another type", gif, "DOCUMENT_TYPE_MISMATCH", /image\/gif.*text recognition/],
  ["a raw picture", raw, "DOCUMENT_TYPE_MISMATCH", /image\/x-canon-cr2.*save it as PNG/],
  ["an old Word document", old, "DOCUMENT_TYPE_MISMATCH", /save it as DOCX.* or PDF/],
  ["a Word document with a password", locked, "DOCUMENT_ENCRYPTED", /remove its password/],
  ["an archive", zip({ "a.docx": "a" }), "DOCUMENT_TYPE_MISMATCH", /unpack it/],
  ["an empty archive", zip({}), "DOCUMENT_TYPE_MISMATCH", /unpack it/],
  ["an archive with a password", withPassword(office("word")), "DOCUMENT_ENCRYPTED", /password/],
  [
    "an ODT with a password",
    openDocument(contentTypes.odt, "<manifest:encryption-data/>"),
    "DOCUMENT_ENCRYPTED",
    /password/,
  ],
  ["a DOCX without its end", office("word").subarray(0, 60), "DOCUMENT_UNREADABLE", /damaged/],
  ["a program", Buffer.from("7f454c4602010100000000000000", "hex"), "DOCUMENT_TYPE_MISMATCH", /./],
  ["content of no known type", junk, "DOCUMENT_TYPE_MISMATCH", /upload PDF, DOCX/],
])("refuses %s, and says what to do", async (_, bytes, reason, problem) => {
  expect(await typeOf(bytes)).toMatchObject({ reason, problem: expect.stringMatching(problem) });
});

test("tells the type by pieces of any size", async () => {
  const documents = [
    office("word"),
    Buffer.from("%PDF-1.7\0"),
    Buffer.from("{\\rtf1 a}"),
    Buffer.from("a é"),
  ];
  for (const bytes of documents) {
    const check = new ContentCheck();
    for (const byte of bytes) check.add(Uint8Array.of(byte));
    const declared = { name: "a", contentType: undefined };
    expect(await typeOfContent(check, bytes, declared)).toBe(await typeOf(bytes));
  }
});

test("reads the directory of an archive from a file on disk", async () => {
  const folder = await mkdtemp(join(tmpdir(), "millrace-types-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await using file = await open(join(folder, "a"), "w+");
  const bytes = office("word");
  await file.write(bytes);
  const check = new ContentCheck();
  check.add(bytes);
  const declared = { name: "a", contentType: undefined };
  expect(await typeOfContent(check, file.fd, declared)).toBe(contentTypes.docx);
});
