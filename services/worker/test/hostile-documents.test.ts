/** Documents that would take any time or memory, or that would make the reader fetch something. */

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { docx, epub, openDocument, paragraph, relations, xlsx, zip } from "./make-documents.ts";
import { readBytes, textOf } from "./read-document.ts";

/** A server that counts the requests it gets. */
async function watchedServer() {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.end("<p>From outside.</p>");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

test("fetches nothing that documents refer to, and expands no entity of theirs", async () => {
  const { asked, url } = await watchedServer();
  const entity = `<!DOCTYPE a [<!ENTITY x SYSTEM "${url}/entity"><!ENTITY y "expanded"><!ENTITY z SYSTEM "file:///etc/passwd">]>`;
  const references = "The mill &x; &y; &z; turns.";
  const page = `<html><head><link rel=stylesheet href="${url}/css"><script src="${url}/js"></script></head><body><img src="${url}/image"><iframe src="${url}/frame"></iframe><object data="${url}/object"></object><p>The mill turns.</p></body></html>`;
  const word = docx(
    `${paragraph("The mill turns.")}<w:altChunk r:id="c"/><w:pict><v:imagedata r:id="i" src="${url}/pict"/></w:pict>`,
    {
      "word/_rels/document.xml.rels": relations({
        c: ["aFChunk", `${url}/chunk.html`],
        i: ["image", `${url}/image.png`],
        t: ["attachedTemplate", `${url}/template.dotm`],
        f: ["footnotes", `${url}/footnotes.xml`],
      }),
    },
  );
  const mail = `From: a@b.c\nDate: x\nMIME-Version: 1.0\nContent-Type: message/external-body; access-type=URL; URL="${url}/body"\n\nContent-Type: text/plain\n\n`;
  const documents = [
    Buffer.from(page),
    word,
    docx(paragraph("a"), { "word/document.xml": `${entity}<d>${paragraph(references)}</d>` }),
    openDocument("text", `<text:p xlink:href="${url}/odt">The mill turns.</text:p>`),
    epub([`<img src="${url}/epub"/><p>The mill turns.</p>`]),
    Buffer.from(`From: a@b.c\nDate: x\nContent-Type: text/html\n\n${page}`),
    Buffer.from(`{\\rtf1 The mill turns. {\\field{\\*\\fldinst INCLUDETEXT "${url}/rtf"}}}`),
  ];
  for (const bytes of documents) expect(await textOf(bytes)).toMatch(/The mill .*turns\./);
  await readBytes(Buffer.from(mail));
  const entities = await textOf(documents[2] ?? Buffer.of());
  expect(entities).not.toMatch(/expanded|root:|From outside/);
  expect(asked).toEqual([]);
});

test("expands no entities that double at each level", async () => {
  const levels = Array.from({ length: 40 }, (_, n) => `<!ENTITY e${n + 1} "&e${n};&e${n};">`);
  const bomb = `<!DOCTYPE a [<!ENTITY e0 "mill">${levels.join("")}]>`;
  const bytes = docx("", { "word/document.xml": `${bomb}<d>${paragraph("The &e40; turns.")}</d>` });
  expect((await textOf(bytes)).length).toBeLessThan(100);
});

/** A DOCX whose text unpacks to `mb` MiB of spaces, which are few KiB in the archive. */
const bomb = (mb: number) =>
  docx(`<w:p><w:r><w:t>The mill turns.</w:t><w:x a="${" ".repeat(mb * 1_048_576)}"/></w:r></w:p>`);

test("refuses an archive that unpacks to more than the limit, and reads one that unpacks to less", async () => {
  const large = bomb(257);
  expect(large.length).toBeLessThan(1_048_576);
  expect(await readBytes(large)).toMatchObject({
    ...{ reason: "TOO_LARGE", message: expect.stringContaining("more than 256 MiB") },
  });
  expect(await textOf(bomb(16))).toBe("The mill turns.");
});

test("refuses an archive that unpacks to more than it claims", async () => {
  const bytes = Buffer.from(bomb(16));
  // The size of the text in the directory, which comes last.
  const entry = bytes.lastIndexOf("word/document.xml") - 46;
  bytes.writeUInt32LE(100, entry + 24);
  expect(await readBytes(bytes)).toMatchObject({ reason: "DOCUMENT_UNREADABLE" });
});

test("stops at the limit of characters, in every format with parts", async () => {
  const text = "The mill turns.";
  const cells = `<row><c r="A1" t="str"><v>${text}</v></c></row>`;
  const documents = [
    docx(paragraph(text).repeat(3)),
    xlsx({ A: cells.repeat(3) }),
    Buffer.from(`<!DOCTYPE html>${`<p>${text}</p>`.repeat(3)}`),
    Buffer.from(`{\\rtf1 ${`${text}\\par `.repeat(3)}}`),
    epub([`<p>${text}</p>`.repeat(3)]),
    Buffer.from(`From: a\nDate: b\n\n${text.repeat(3)}`),
    Buffer.from(text.repeat(3)),
  ];
  for (const bytes of documents) {
    const enough = await textOf(bytes);
    expect(await readBytes(bytes, { characters: enough.length })).toMatchObject({ kind: "text" });
    expect(await readBytes(bytes, { characters: enough.length - 1 })).toMatchObject({
      ...{ reason: "TOO_LARGE", message: expect.stringContaining(`${enough.length - 1}`) },
    });
  }
});

test("leaves out gaps and spaces that a few bytes ask for", async () => {
  const far = `<row><c r="A1" t="str"><v>a</v></c><c r="XFD1" t="str"><v>b</v></c></row>`;
  expect((await textOf(xlsx({ A: far }))).length).toBeLessThan(100);
  const spaces = `<text:p>a<text:s text:c="1000000000"/>b</text:p>`;
  expect((await textOf(openDocument("text", spaces))).length).toBeLessThan(200);
});

test("refuses a page of only opening tags", async () => {
  const page = Buffer.from(`<!DOCTYPE html>${"<div>".repeat(10_000)}a`);
  expect(await readBytes(page)).toMatchObject({ reason: "DOCUMENT_UNREADABLE" });
});

test("refuses an archive that is no document", async () => {
  expect(await readBytes(zip({ "a.txt": "The mill turns." }))).toMatchObject({
    ...{
      reason: "DOCUMENT_TYPE_MISMATCH",
      message: expect.stringMatching(/"a" is a ZIP archive: unpack/),
    },
  });
});
