/** About 200 bytes, like a job that names a document. */
export const payload = {
  document: "doc_01JDXW5T5Q6M3C9N2V8K4H7R1B",
  note: "x".repeat(150),
};

export const result = { ok: true };
