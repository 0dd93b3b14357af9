import { Argument } from 'commander';
import { type Define, examples, UsageError } from './command.js';
import { SCRIPTS } from './complete/scripts.js';

export const define: Define = (command, context) => {
  const shells = Object.keys(SCRIPTS);
  const argument = new Argument('<shell>', shells.join(', '));
  argument.argChoices = shells;
  command.addArgument(argument).action((shell: string) => {
    const script = SCRIPTS[shell];
    if (script === undefined)
      throw new UsageError(`no completion for ${shell}; there is one for ${shells.join(', ')}`);
    context.output.raw(script);
  });
  examples(command, [
    'source <(vox completion bash)      # this shell; for good:',
    'vox completion bash > ~/.local/share/bash-completion/completions/vox',
    'source <(vox completion zsh)',
    'vox completion fish > ~/.config/fish/completions/vox.fish',
  ]);
};
