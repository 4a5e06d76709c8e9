import { expect, test } from "vitest";
import { encoded } from "./make-documents.ts";
import { readBytes, textOf } from "./read-document.ts";

const utf16 = (text: string) => Buffer.from(text, "utf16le");
const russian =
  "Водяная мельница стоит на берегу реки к северу от города. Каждое утро мельник открывает ворота, и колесо начинает вращаться.";

test.each<[string, string]>([
  ["windows-1251", russian],
  ["koi8-r", russian],
  ["ibm866", russian],
  ["windows-1252", "Der Müller öffnet jeden Morgen das Tor, und „das Rad“ beginnt sich zu drehen."],
  [
    "windows-1250",
    "Młyn wodny stoi nad rzeką. Każdego ranka młynarz otwiera śluzę i koło zaczyna się obracać.",
  ],
  ["windows-1253", "Ο νερόμυλος βρίσκεται στην όχθη του ποταμού, βόρεια της πόλης."],
  ["windows-1255", "טחנת המים עומדת על גדת הנהר מצפון לעיר. הטוחן פותח את השער בכל בוקר."],
  ["windows-1256", "تقع الطاحونة المائية على ضفة النهر شمال المدينة. يفتح الطحان البوابة كل صباح."],
  ["shift_jis", "水車小屋は町の北の川岸に立っています。粉屋は毎朝水門を開け、車輪が回り始めます。"],
  ["euc-jp", "水車小屋は町の北の川岸に立っています。粉屋は毎朝水門を開け、車輪が回り始めます。"],
  ["gbk", "水磨坊位于城市北面的河岸上。磨坊主每天早上打开闸门，轮子开始转动。"],
  ["big5", "水磨坊位於城市北面的河岸上。磨坊主每天早上打開閘門，輪子開始轉動。"],
  [
    "euc-kr",
    "물레방앗간은 도시 북쪽 강가에 있습니다. 방앗간 주인은 매일 아침 수문을 열고 있습니다.",
  ],
])("reads text in %s, and says that the encoding is a guess", async (encoding, text) => {
  const reading = await readBytes(encoded(text, encoding));
  expect(reading).toMatchObject({
    ...{ kind: "text", text },
    warnings: [expect.stringMatching(/It was read as [\w-]+, which is a guess/)],
  });
});

test.each<[string, Buffer]>([
  ["UTF-16 with a byte order mark", utf16("\ufeffThe mill turns.")],
  ["UTF-16 without one", utf16("The mill turns.")],
  ["UTF-16 in the other order of bytes", utf16("The mill turns.").swap16()],
  ["UTF-8 with a byte order mark", Buffer.from("\ufeffThe mill turns.")],
])("reads text in %s without a warning", async (_, bytes) => {
  expect(await readBytes(bytes)).toEqual({ kind: "text", text: "The mill turns.", pages: 1 });
});

test("reads Japanese text that shifts between one and two bytes for a character", async () => {
  const bytes = Buffer.from("1b244224332473244b2441244f1b2842", "hex");
  expect(await textOf(Buffer.concat([bytes, Buffer.from(" (1)")]))).toBe("こんにちは (1)");
});

test("reads UTF-8 with a damaged character as UTF-8, and says so", async () => {
  const bytes = Buffer.from("Der Müller öffnet das Tor der Mühle früh. Größe: ä");
  expect(await readBytes(bytes.subarray(0, -1))).toMatchObject({
    ...{ text: "Der Müller öffnet das Tor der Mühle früh. Größe: \ufffd" },
    warnings: [expect.stringMatching(/not valid UTF-8/)],
  });
});

test("gives text without control characters and halves of characters", async () => {
  expect(await textOf(Buffer.from("a\u0001b\fc\u007fd"))).toBe("ab\ncd");
  expect(await textOf(Buffer.from("{\\rtf1 a\\u55296?b\\u-8704?c}"))).toBe("a\ufffdb\ufffdc");
});

const paragraph =
  "The mill stands at the river north of the town, and the council paid for it from the tolls of the bridge. ";

test("reads the main text of a page, without navigation and scripts", async () => {
  const page = `<!DOCTYPE html><html><head><title>The mill</title><script>let a = "no";</script></head><body><nav><a href="/">Home</a> <a href="/b">Shop</a></nav><div class="sidebar"><ul><li><a href="/c">Other news</a></li></ul></div><article>${`<p>${paragraph}</p>`.repeat(8)}<table><tr><th>Year</th><th>Cost</th></tr><tr><td>1850</td><td>912</td></tr></table></article><footer>Imprint</footer></body></html>`;
  expect(await textOf(Buffer.from(page))).toBe(
    ["The mill", ...Array(8).fill(paragraph.trim()), "Year\tCost\n1850\t912"].join("\n\n"),
  );
});

test("reads all of a page that has no main text", async () => {
  const page =
    "<html><body><h1>Fees</h1><ul><li>Adults<li>Pupils</ul><pre>a  b\n c</pre>d<br>e</body></html>";
  expect(await textOf(Buffer.from(page))).toBe("Fees\n\nAdults\n\nPupils\n\na  b\nc\n\nd\ne");
});

test("reads a page in the encoding that it names, and part of a page if it is declared", async () => {
  const named = `<!DOCTYPE html><meta http-equiv="Content-Type" content="text/html; charset=windows-1251"><p>${russian}</p>`;
  expect(await readBytes(encoded(named, "windows-1251"))).toEqual({
    ...{ kind: "text", text: russian, pages: 1 },
  });
  const wrong = `<!DOCTYPE html><meta charset=utf-8><p>${russian}</p>`;
  expect(await readBytes(encoded(wrong, "windows-1251"))).toMatchObject({
    ...{ text: russian, warnings: [expect.stringMatching(/windows-1251/)] },
  });
  expect(await textOf(Buffer.from("<p>a</p><p>b</p>"), "text/html")).toBe("a\n\nb");
});

const mail = (...lines: string[]) => Buffer.from(lines.join("\r\n"));

test("reads subject, sender, date and text of an e-mail, and names what is attached", async () => {
  const bytes = mail(
    ...["Subject: =?utf-8?q?M=C3=BChle?=", "From: Ada Miller <ada@example.com>"],
    ...["Date: Mon, 3 Mar 2025 10:00:00 +0000", "MIME-Version: 1.0"],
    ...['Content-Type: multipart/mixed; boundary="x"', "", "--x"],
    ...[
      "Content-Type: text/plain; charset=iso-8859-1",
      "Content-Transfer-Encoding: quoted-printable",
      "",
    ],
    ...["Die M=FChle mahlt.", "--x", 'Content-Type: application/pdf; name="plan.pdf"'],
    ...[
      "Content-Transfer-Encoding: base64",
      'Content-Disposition: attachment; filename="plan.pdf"',
    ],
    ...["", "JVBERi0=", "--x--", ""],
  );
  expect(await readBytes(bytes)).toEqual({
    kind: "text",
    text: "Subject: Mühle\nFrom: Ada Miller <ada@example.com>\nDate: 2025-03-03T10:00:00.000Z\n\nDie Mühle mahlt.",
    pages: 1,
    warnings: ["Attachments are not read: plan.pdf. Submit them as documents."],
  });
});

test("reads the HTML of an e-mail if its text says nothing", async () => {
  const bytes = mail(
    ...[
      "From: a@b.c",
      "MIME-Version: 1.0",
      'Content-Type: multipart/alternative; boundary="x"',
      "",
    ],
    ...["--x", "Content-Type: text/plain", "", "See HTML.", "--x", "Content-Type: text/html", ""],
    ...[`<table><tr><td><p>${paragraph}</p></td></tr></table>`, "--x--", ""],
  );
  expect(await textOf(bytes)).toBe(`From: a@b.c\n\n${paragraph.trim()}`);
});

test("reads all messages of a mailbox, and refuses an encrypted one", async () => {
  const one = (text: string) =>
    `From a@b Mon Jun 01 10:00:00 2009\nFrom: a@b.c\nSubject: s\n\n${text}\n\n`;
  expect(await readBytes(Buffer.from(one("First.") + one("Second.")))).toMatchObject({
    ...{ pages: 2, text: expect.stringMatching(/First\.[\s\S]*Second\./) },
  });
  const locked = mail(
    ...["From: a@b.c", "MIME-Version: 1.0", "Content-Type: application/pkcs7-mime; name=smime.p7m"],
    ...["Content-Transfer-Encoding: base64", "", "MIAGCSqGSIb3DQEHA6CA", ""],
  );
  expect(await readBytes(locked)).toMatchObject({ reason: "DOCUMENT_ENCRYPTED" });
});

test.each<[string, string, string]>([
  ["its code page", String.raw`{\rtf1\ansi\ansicpg1250 M\'b3yn}`, "Młyn"],
  [
    "the character sets of its fonts",
    String.raw`{\rtf1{\fonttbl{\f1\fcharset128 A;}{\f2\fcharset204 B;}}\f1\'90\'85\'8e\'d4 \f2\'cc}`,
    "水車 М",
  ],
  ["Unicode with replacements", String.raw`{\rtf1\uc1 M\u252?hle \uc2\u27700??a}`, "Mühle 水a"],
  [
    "what is hidden or no text",
    String.raw`{\rtf1{\info{\title no}}{\*\unknown no}{\header no}{\v no}a{\pict\bin4 }}{b}\par{\footnote c}`,
    "a",
  ],
  [
    "tables",
    String.raw`{\rtf1 a\par\trowd b\cell c\cell\row\trowd d\cell e\cell\row f}`,
    "a\n\nb\tc\nd\te\n\nf",
  ],
  [
    "fields by their result",
    String.raw`{\rtf1{\field{\*\fldinst HYPERLINK "x"}{\fldrslt here}} \{\}\emdash\~}`,
    "here {}—",
  ],
])("reads RTF with %s", async (_, rtf, text) => {
  const found = await textOf(Buffer.from(rtf, "latin1"));
  if (rtf.includes("footnote")) expect(found.startsWith(text)).toBe(true);
  else expect(found).toBe(text);
});
