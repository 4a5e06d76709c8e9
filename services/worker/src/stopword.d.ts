/** Each list has the stop words of a language, in lower case. */
declare module "stopword" {
  export const bre: string[];
  export const cat: string[];
  export const ces: string[];
  export const deu: string[];
  export const eng: string[];
  export const eus: string[];
  export const fin: string[];
  export const fra: string[];
  export const gle: string[];
  export const hrv: string[];
  export const hun: string[];
  export const ind: string[];
  export const ita: string[];
  export const lit: string[];
  export const nld: string[];
  export const pol: string[];
  export const porBr: string[];
  export const ron: string[];
  export const slv: string[];
  export const swe: string[];
  export const tgl: string[];
  export const tur: string[];
  export const vie: string[];
}
