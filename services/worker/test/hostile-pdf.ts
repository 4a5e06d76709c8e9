import { constants, deflateRawSync, deflateSync } from "node:zlib";

/** A PDF of one page whose content is so many MiB of spaces, packed twice into a few KB. */
export function bombPdf(mebibytes: number): Buffer {
  // A block that was flushed may be repeated: deflate's own rules allow it.
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
