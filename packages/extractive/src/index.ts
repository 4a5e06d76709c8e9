export { keySentences } from "./key-sentences.ts";
export { tokenCount } from "./token-count.ts";
