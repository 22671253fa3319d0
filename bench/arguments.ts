// How the scripts of the repository read their arguments: what is wrong ends them with one sentence and exit code 2, before
// anything is started.
import { type ParseArgsConfig, parseArgs } from 'node:util';

type Options = NonNullable<ParseArgsConfig['options']>;

const NUMBER = /^\d+(\.\d+)?$/;

/** The values of `options`. One whose default is a number must be one. `script` is what the sentence begins with. */
export function scriptArguments<const O extends Options>(
  script: string,
  options: O,
  args: readonly string[] = process.argv.slice(2),
): ReturnType<typeof parseArgs<{ options: O }>>['values'] {
  const { values } = readable(script, () => parseArgs({ args: [...args], options }));
  for (const [name, { default: usual }] of Object.entries(options)) {
    const given = (values as { readonly [name: string]: unknown })[name];
    if (typeof usual === 'string' && NUMBER.test(usual) && !(typeof given === 'string' && NUMBER.test(given)))
      wrong(script, `--${name} must be a number, not "${String(given)}"`);
  }
  return values;
}

/** Runs `parse`; arguments that it does not know end the script. */
export function readable<T>(script: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code?.startsWith('ERR_PARSE_ARGS') !== true) throw error;
    return wrong(script, (message.split(/\n|\. To specify/)[0] as string).replace(/\.$/, ''));
  }
}

function wrong(script: string, what: string): never {
  process.stderr.write(`${script}: ${what}; --help shows how\n`);
  process.exit(2);
}
