import { constants, deflateRawSync, deflateSync } from "node:zlib";

/** A PDF of one page whose content is a given number of MiB of spaces, packed twice into a few KB. */
export function bombPdf(mebibytes: number): Buffer {
  // A flushed block may be repeated: deflate's own rules allow it.
  const block = deflateRawSync(Buffer.alloc(2 ** 20, " "), { finishFlush: constants.Z_FULL_FLUSH });
  const blocks = Array.from({ length: mebibytes }, () => block);
  const inner = Buffer.concat([Buffer.from([0x78, 0x9c]), ...blocks, Buffer.from([3, 0])]);
  const content = deflateSync(inner);
  return Buffer.concat([
    Buffer.from(
      "%PDF-1.4\n1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj\n" +
        "2 0 obj <</Type /Pages /Kids [3 0 R] /Count 1>> endobj\n" +
        "3 0 obj <</Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R>> endobj\n" +
        `4 0 obj <</Length ${content.length} /Filter [/FlateDecode /FlateDecode]>> stream\n`,
    ),
    content,
    Buffer.from("\nendstream endobj\ntrailer <</Root 1 0 R>>\n%%EOF\n"),
  ]);
}

/** A PDF of one page whose content is a form that draws another form twice, and so on, to a given depth. */
export function formTreePdf(levels: number): Buffer {
  const font = "/Font <</F 4 0 R>>";
  const stream = (number: number, entries: string, content: string) =>
    `${number} 0 obj <</Length ${content.length} ${entries}>> stream\n${content}\nendstream endobj\n`;
  const form = "/Type /XObject /Subtype /Form /BBox [0 0 9 9]";
  const forms = Array.from({ length: levels }, (_, level) => {
    const inner = `${form} /Resources <<${font} /XObject <</X ${7 + level} 0 R>>>>`;
    return stream(6 + level, inner, "/X Do /X Do");
  });
  return Buffer.from(
    "%PDF-1.4\n1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj\n" +
      "2 0 obj <</Type /Pages /Kids [3 0 R] /Count 1>> endobj\n" +
      "3 0 obj <</Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] /Contents 5 0 R " +
      `/Resources <<${font} /XObject <</X 6 0 R>>>>>> endobj\n` +
      "4 0 obj <</Type /Font /Subtype /Type1 /BaseFont /Helvetica>> endobj\n" +
      stream(5, "", "/X Do") +
      forms.join("") +
      stream(6 + levels, `${form} /Resources <<${font}>>`, "BT /F 9 Tf (The mill turns.) Tj ET") +
      "trailer <</Root 1 0 R>>\n%%EOF\n",
  );
}
