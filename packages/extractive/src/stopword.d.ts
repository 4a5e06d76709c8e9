/** The package exports one list of stop words, in lower case, for each language by ISO 639-3. */
declare module "stopword" {
  export const eng: string[];
}
