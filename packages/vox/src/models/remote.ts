/**
 * Models that run elsewhere: a manifest without files, and parameters that say what a server must serve them as. Where the
 * servers are is no business of the catalog: VOX_UPSTREAMS says it.
 */
import type { CatalogEntry, Manifest } from './types.js';

/** The engine that speaks to the servers. It is a part of Vox, so nothing is installed for it. */
export const REMOTE_ENGINE = 'remote';

/**
 * How a server is spoken to: vLLM's `/v1/realtime`, or OpenAI's `/v1/audio/transcriptions` and `/v1/audio/speech` as vLLM and
 * many others serve them.
 */
export const WIRES = ['vllm-realtime', 'openai-transcriptions', 'openai-speech'] as const;

export type Wire = (typeof WIRES)[number];

export interface RemoteModel {
  readonly wire: Wire;
  /** Name under which the server lists it. */
  readonly served: string;
  /** Command that starts such a server; absent where the catalog knows none. */
  readonly launch?: string;
  /** Port on this machine that is tried where no upstream was named. */
  readonly port: number;
}

/** vLLM's own port. */
const USUAL_PORT = 8000;

type Described = Pick<CatalogEntry | Manifest, 'engine' | 'parameters'>;

/** What a model that runs elsewhere says of itself; undefined for any other. What its entry lacks is left to the engine. */
export function remoteModel({ engine, parameters }: Described): RemoteModel | undefined {
  if (engine !== REMOTE_ENGINE) return undefined;
  const { served, launch, port } = parameters;
  return {
    wire: WIRES.find((wire) => wire === parameters.wire) ?? 'openai-transcriptions',
    served: typeof served === 'string' ? served : '',
    ...(typeof launch === 'string' ? { launch } : {}),
    port: typeof port === 'number' ? port : USUAL_PORT,
  };
}

/** What stands in a manifest where other models say which archive they came from. */
export function originOf({ served }: RemoteModel): string {
  return `a server that lists ${served}`;
}

/** What is wrong with the parameters of somebody's own entry of this engine, with the field; undefined where nothing is. */
export function remoteFault({
  engine,
  parameters,
  kind,
}: Described & Pick<CatalogEntry, 'kind'>): string | undefined {
  if (engine !== REMOTE_ENGINE) return undefined;
  const { wire, served, launch, port } = parameters;
  if (!WIRES.some((one) => one === wire)) return `parameters.wire: must be one of ${WIRES.join(', ')}`;
  if ((wire === 'openai-speech') !== (kind === 'tts') || (kind !== 'tts' && kind !== 'stt'))
    return 'parameters.wire: openai-speech is for kind "tts", the others are for kind "stt"';
  if (typeof served !== 'string' || served === '')
    return 'parameters.served: must be the name under which the server lists the model';
  if (launch !== undefined && typeof launch !== 'string') return 'parameters.launch: must be a command';
  if (
    port !== undefined &&
    !(typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65_536)
  )
    return 'parameters.port: must be a port, 1 to 65535';
  return undefined;
}
