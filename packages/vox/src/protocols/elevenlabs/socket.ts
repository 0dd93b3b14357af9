/** The sockets `stream-input` and `multi-stream-input`: texts that are still being written, to speech. */
import { ERRORS, VoxError, type Warning } from '@vox-speech/contract';
import type { Log } from '../../observe/index.js';
import type { Runtime } from '../../runtime/types.js';
import { Inbound, type LiveSocket, loggedError, SocketWork } from '../../transport/index.js';
import { readMessage, type SocketCommand, unobeyedSettings } from './codec.js';
import { Context } from './context.js';
import { errorMessage } from './errors.js';
import { audioMessage, contextOf, finalMessage } from './render.js';
import type { SocketMessage } from './schema.js';
import { chooseVoice, type VoiceAlias } from './voices.js';

export interface SocketContext {
  readonly runtime: Pick<Runtime, 'speakStream' | 'voices'>;
  readonly voiceAliases: readonly VoiceAlias[];
  readonly log: Log;
}

/** Texts that one connection may have under way. */
const MAX_CONTEXTS = 10;
/** The context of a message that names none. */
const UNNAMED = '';

export class SpeechSocket {
  readonly #socket: LiveSocket;
  readonly #options: SocketContext;
  readonly #command: SocketCommand;
  readonly #multi: boolean;
  readonly #work: SocketWork;
  readonly #contexts = new Map<string, Context>();
  readonly #id: string;
  #voice: Promise<string> | undefined;
  #news: readonly Warning[];
  /** No more text on any context: the socket closes after the last word. */
  #closing = false;

  /**
   * @param wanted the voice, by ElevenLabs' name for it
   * @param multi several contexts, each with an id
   * @param id of the request, for the log
   */
  constructor(
    socket: LiveSocket,
    command: SocketCommand,
    options: SocketContext,
    { wanted, multi, id }: { wanted: string; multi: boolean; id: string },
  ) {
    this.#socket = socket;
    this.#work = new SocketWork(socket);
    this.#command = command;
    this.#options = options;
    this.#multi = multi;
    this.#id = id;
    this.#news = command.warnings;
    const inbound = new Inbound<string | Uint8Array>(socket, {
      signal: this.#work.signal,
      size: ({ length }) => length,
      handle: (data) => this.#handle(data, wanted),
      failed: (error) => this.#fail(error),
    });
    socket.onMessage((data) => {
      this.#active();
      inbound.push(data);
    });
    this.#active();
  }

  async #handle(data: string | Uint8Array, wanted: string): Promise<void> {
    if (this.#closing) return;
    if (typeof data !== 'string')
      throw new VoxError('invalid_request', 'binary messages are not taken here: send {"text":"..."}');
    const message = readMessage(data);
    this.#voice ??= this.#choose(wanted);
    const voice = await this.#voice;
    const name = (this.#multi ? (message.context_id ?? message.contextId) : undefined) ?? UNNAMED;
    try {
      await this.#obey(message, name, voice);
    } catch (error) {
      // One text that failed leaves the others be.
      if (!this.#multi) throw error;
      this.#contexts.get(name)?.stop();
      this.#contexts.delete(name);
      this.#tell(error, name);
    }
    if (message.close_socket === true) this.#finishAll();
  }

  async #obey(message: SocketMessage, name: string, voice: string): Promise<void> {
    const { text, voice_settings, flush, close_context } = message;
    if (this.#multi ? close_context === true : text === '' && flush !== true) {
      const context = this.#contexts.get(name);
      if (text) await context?.append(text);
      if (context === undefined) this.#ended(name);
      else context.finish();
      return;
    }
    const known = this.#contexts.get(name);
    // A message without text keeps the connection, and begins nothing.
    if (known === undefined && !text) return;
    const context = known ?? this.#begin(name, voice);
    if (voice_settings) {
      context.speed = voice_settings.speed ?? 1;
      context.warn(unobeyedSettings(voice_settings));
    }
    if (text) await context.append(text);
    if (flush === true) context.flush();
  }

  #begin(name: string, voice: string): Context {
    if (this.#contexts.size >= MAX_CONTEXTS)
      throw new VoxError('overloaded', `this connection has ${MAX_CONTEXTS} contexts; close one first`);
    const context = new Context({
      runtime: this.#options.runtime,
      request: { ...this.#command.request, voice },
      signal: this.#work.signal,
      audio: (bytes, warnings) => this.#audio(bytes, name, warnings),
      done: () => this.#ended(name),
      failed: (error) => {
        if (!this.#multi) return this.#fail(error);
        this.#tell(error, name);
        this.#ended(name);
      },
    });
    context.warn(this.#news);
    this.#news = [];
    this.#contexts.set(name, context);
    return context;
  }

  async #choose(wanted: string): Promise<string> {
    const voices = await this.#options.runtime.voices(this.#command.request.model);
    const { voice, warnings } = chooseVoice(wanted, voices, this.#options.voiceAliases);
    this.#news = [...this.#news, ...warnings];
    return voice;
  }

  #audio(bytes: Uint8Array, name: string, warnings: readonly Warning[]): Promise<void> {
    this.#active();
    const text = JSON.stringify(audioMessage(bytes, this.#named(name), warnings));
    return new Promise((resolve) => this.#socket.send(text, { done: resolve }));
  }

  /** The last word of a context; on a socket with one, or that is to close, of the connection. */
  #ended(name: string): void {
    this.#contexts.delete(name);
    if (this.#work.over) return;
    this.#socket.send(JSON.stringify(finalMessage(this.#named(name))));
    if (!this.#multi || (this.#closing && this.#contexts.size === 0)) this.#work.close(1000, '');
  }

  #finishAll(): void {
    this.#closing = true;
    for (const context of [...this.#contexts.values()]) context.finish();
    if (this.#contexts.size === 0) this.#work.close(1000, '');
  }

  #named(name: string): string | undefined {
    return this.#multi && name !== UNNAMED ? name : undefined;
  }

  /** Something was said, by either side. */
  #active(): void {
    const { idleMs } = this.#command;
    this.#work.wake(idleMs, () => this.#work.close(1000, `nothing came for ${idleMs / 1000} s`));
  }

  #tell(thrown: unknown, name: string): VoxError {
    const error = loggedError(thrown, this.#id, this.#options.log, 'an ElevenLabs stream failed');
    this.#socket.send(JSON.stringify({ ...errorMessage(error), ...contextOf(this.#named(name)) }));
    return error;
  }

  #fail(thrown: unknown): void {
    if (this.#work.over) return;
    const error = this.#tell(thrown, UNNAMED);
    this.#work.close(ERRORS[error.code].ws, error.message);
  }
}
