/** One sentence of each language that Kokoro's voices read, without numbers, which a recogniser may write in digits. */

export interface Sentence {
  readonly voice: string;
  readonly language: string;
  readonly text: string;
}

export interface Spoken {
  readonly voice: string;
  readonly heard: string;
}

export const SENTENCES: readonly Sentence[] = [
  {
    voice: 'bf_emma',
    language: 'en',
    text: 'The morning train leaves the station and arrives in the city before noon.',
  },
  {
    voice: 'ef_dora',
    language: 'es',
    text: 'El tren de la mañana sale de la estación y llega a la ciudad antes del mediodía.',
  },
  {
    voice: 'ff_siwis',
    language: 'fr',
    text: 'Le train du matin quitte la petite gare et arrive en ville avant midi.',
  },
  {
    voice: 'if_sara',
    language: 'it',
    text: 'Il treno del mattino lascia la stazione e arriva in città prima di mezzogiorno.',
  },
  {
    voice: 'pf_dora',
    language: 'pt',
    text: 'O trem da manhã sai da estação e chega à cidade antes do meio-dia.',
  },
];
