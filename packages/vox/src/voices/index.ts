/** Voices made from recordings. */
export { ConsentStore } from './consents.js';
export { type VoiceDetails, VoiceStore } from './store.js';
export type { ClonedVoice, Recording, StoredVoice, VoiceConsent } from './types.js';
