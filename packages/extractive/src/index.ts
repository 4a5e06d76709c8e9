export { keySentences } from "./key-sentences.ts";
