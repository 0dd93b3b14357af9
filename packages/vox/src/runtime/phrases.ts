/** The T-one rules of phrases, for the dialect: sessions by id keep them too. */
export { LongPhrases } from '../sessions/long-phrases.js';
export { MAX_PHRASE_MS, phrasesOf, SILENCE_MS, seconds } from '../sessions/phrases.js';
