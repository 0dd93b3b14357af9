/** Rows of the table of settings: the log. */
import { always, maybe, type Setting } from './setting.js';
import { boolean, choice, logFormat, path } from './values.js';

const levels = ['debug', 'info', 'warn', 'error', 'silent'] as const;

export const LOG_SETTINGS = {
  logLevel: always({
    group: 'log',
    flag: '--log-level',
    argument: 'LEVEL',
    env: 'VOX_LOG_LEVEL',
    read: choice(levels, {
      trace: 'debug',
      warning: 'warn',
      critical: 'error',
      fatal: 'error',
      off: 'silent',
    }),
    type: levels.join(', '),
    default: 'info',
    commands: 'serve',
    help: 'Least important line that is logged.',
  }),
  logFormat: always({
    group: 'log',
    flag: '--log-format',
    argument: 'FORMAT',
    env: 'VOX_LOG_FORMAT',
    read: logFormat,
    type: 'auto, plain or json',
    default: 'auto',
    commands: 'serve',
    help: 'Shape of log lines; auto is plain on a terminal, else json.',
  }),
  logFile: always({
    group: 'log',
    flag: '--log-file',
    argument: 'BOOLEAN',
    env: 'VOX_LOG_FILE',
    read: boolean,
    type: 'true or false',
    default: 'true',
    commands: 'serve',
    help: 'Keep the log in a folder too, three files of 10 MB at most; `vox logs` shows it.',
  }),
  logFolder: maybe({
    group: 'log',
    env: 'VOX_LOG_DIR',
    read: path,
    type: 'folder',
    defaultText: '`VOX_HOME/logs`',
    commands: 'none',
    help: 'Where the log is kept.',
  }),
} as const satisfies Record<string, Setting<unknown>>;
