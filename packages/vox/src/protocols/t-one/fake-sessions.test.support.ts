/** A stand-in for sessions by id: it counts samples, and says a phrase for each whole second of them. */
import { VoxError, type Warning } from '@vox-speech/contract';
import type { Phrase, PieceAnswer, ResumableSessions } from '../../runtime/types.js';

export interface FakeSessions extends ResumableSessions {
  readonly asked: { readonly model: string; readonly language?: string; readonly decoder?: string }[];
  /** All bytes that a session was given, and their rates. */
  readonly heard: Map<string, { pcm: Buffer; readonly rates: Set<number> }>;
  /** What the next call throws. */
  error?: VoxError;
  away?: string;
}

/** What its model can't do. */
export const NO_BEAM: Warning = { type: 'unsupported', option: 'decoder', message: 'greedy only' };
const NAME = '550e8400-e29b-41d4-a716-44665544000';

export function fakeSessions(): FakeSessions {
  const heard: FakeSessions['heard'] = new Map();
  const told = new Map<string, number>();
  const answers = new Map<string, PieceAnswer>();
  const sessions: FakeSessions = {
    asked: [],
    heard,
    async create({ model, language, decoder }) {
      fail();
      sessions.asked.push({ model, ...(language && { language }), ...(decoder && { decoder }) });
      const id = `${NAME}${heard.size}`;
      heard.set(id, { pcm: Buffer.alloc(0), rates: new Set() });
      return { id, warnings: decoder === 'beam' ? [NO_BEAM] : [] };
    },
    async append(id, { pcm, sampleRate, seq }) {
      const session = find(id);
      const last = answers.get(id);
      if (seq !== undefined && last?.seq === seq) return last;
      if (seq !== undefined && seq !== (last?.seq ?? -1) + 1)
        throw new VoxError('conflict', `seq: chunk ${(last?.seq ?? -1) + 1} is next, not ${seq}`);
      session.pcm = Buffer.concat([session.pcm, pcm]);
      session.rates.add(sampleRate);
      return answer(id, told.get(id) ?? 0, seq);
    },
    async finalize(id, { newOnly }) {
      find(id);
      return { ...answer(id, newOnly ? (told.get(id) ?? 0) : 0), partial: '' };
    },
    trouble: () => sessions.away,
    close: async () => {},
  };
  const fail = (): void => {
    if (sessions.error !== undefined) throw sessions.error;
  };
  const find = (id: string) => {
    fail();
    const session = heard.get(id);
    if (session === undefined) throw new VoxError('not_found', `no session ${id}`);
    return session;
  };
  const answer = (id: string, from: number, seq = (answers.get(id)?.seq ?? -1) + 1): PieceAnswer => {
    const { pcm, rates } = find(id);
    const audioSeconds = Math.floor(pcm.length / 2) / ([...rates][0] ?? 8000);
    const whole = Math.floor(audioSeconds);
    const phrases = Array.from({ length: whole - from }, (_, at) => phraseOf(from + at));
    told.set(id, whole);
    const made = { id, phrases, partial: ' and', audioSeconds, seq };
    answers.set(id, made);
    return made;
  };
  return sessions;
}

function phraseOf(second: number): Phrase {
  return {
    text: `second ${second}`,
    startSeconds: second,
    endSeconds: second + 0.5,
    words: [{ text: ' second', startMs: 1000 * second, endMs: 1000 * second + 304, confidence: 0.876 }],
    confidence: 0.876,
  };
}
