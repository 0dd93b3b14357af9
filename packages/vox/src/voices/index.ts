/** Voices made from recordings. */
export { type VoiceDetails, VoiceStore } from './store.js';
export type { ClonedVoice, Recording, StoredVoice } from './types.js';
