import type { Flags } from '../config/index.js';
import { addFlags, completes, type Define, examples, readConfig, UsageError } from './command.js';

export const define: Define = (command, context) => {
  addFlags(command, 'serve');
  command.action(async () => {
    if (context.globals().host !== undefined)
      throw new UsageError(
        '`vox --host URL` is for the other commands; to choose an address: vox serve --host ADDRESS',
      );
    const config = readConfig('serve', { ...context.globals(), ...(command.opts() as Flags) });
    const { startApp } = await import('../app.js');
    const app = await startApp(config, { ownsProcess: true }).catch((error: unknown) => {
      throw explain(error, config.server.host, config.server.port);
    });
    context.output.note(`Vox listens on ${app.url}`);
    if (!context.signal.aborted)
      await new Promise((resolve) => context.signal.addEventListener('abort', resolve, { once: true }));
    await app.close();
  });
  completes(command, {
    '--preload': 'pulled',
    '--stt-model': 'pulled',
    '--tts-model': 'pulled',
    '--ffmpeg': 'file',
  });
  examples(command, [
    'vox serve',
    'VOX_API_KEY=secret vox serve --host 0.0.0.0 --preload whisper:base --keep-alive 30m',
  ]);
};

function explain(error: unknown, host: string, port: number): unknown {
  const code = (error as { code?: unknown } | null)?.code;
  if (code === 'EADDRINUSE')
    return new Error(
      `port ${port} on ${host} is taken, perhaps by another vox serve; choose another with --port`,
      {
        cause: error,
      },
    );
  if (code === 'EACCES')
    return new Error(
      `port ${port} on ${host} is not allowed to this user; choose one above 1023 with --port`,
      {
        cause: error,
      },
    );
  if (code === 'EADDRNOTAVAIL')
    return new Error(`${host} is not an address of this machine; see --host`, { cause: error });
  return error;
}
