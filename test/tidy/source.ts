// Reads TypeScript just well enough to check the rules of the house: code without comments and strings, and what a file refers to.
// No parser: the rules look at words, and words in comments, strings and regular expressions must not count.
import { posix } from 'node:path';

/** A source file, taken apart. `path` is relative to the repository's root, with slashes. */
export interface Source {
  readonly path: string;
  readonly text: string;
  /** `text` with comments, strings, templates' texts and regular expressions blanked out; same length, same lines. */
  readonly code: string;
  /** The contents of all comments. */
  readonly comments: readonly string[];
  /** The contents of all strings that are not templates. */
  readonly strings: readonly string[];
  /** What `import`, `export … from` and `import()` name, as written. */
  readonly imports: readonly string[];
}

/** Characters after which a slash begins a regular expression, not a division. */
const regexMayFollow = /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|do|else|void))\s*$/;

const openers: Readonly<Record<string, string>> = { "'": "'", '"': '"', '`': '`' };

/** Takes `text` apart. */
export function readSource(path: string, text: string): Source {
  const out = text.split('');
  const comments: string[] = [];
  const strings: string[] = [];
  /** For each open `${`, the depth of braces inside it. */
  const templates: number[] = [];
  const blank = (from: number, to: number): void => {
    for (let i = from; i < to && i < out.length; i += 1) if (out[i] !== '\n') out[i] = ' ';
  };
  /** From just after a backtick, or after the `}` of an interpolation, to the end of this stretch of template text. */
  const template = (from: number): number => {
    let i = from;
    while (i < text.length && text[i] !== '`') {
      if (text[i] === '\\') i += 1;
      else if (text.startsWith('${', i)) {
        templates.push(0);
        blank(from, i);
        return i + 2;
      }
      i += 1;
    }
    blank(from, i);
    return i + 1;
  };
  let at = 0;
  while (at < text.length) {
    const char = text[at] ?? '';
    if (text.startsWith('//', at)) {
      const end = text.indexOf('\n', at) < 0 ? text.length : text.indexOf('\n', at);
      comments.push(text.slice(at + 2, end));
      blank(at, end);
      at = end;
    } else if (text.startsWith('/*', at)) {
      const found = text.indexOf('*/', at + 2);
      const end = found < 0 ? text.length : found + 2;
      comments.push(text.slice(at + 2, end - 2));
      blank(at, end);
      at = end;
    } else if (char === '`') at = template(at + 1);
    else if (openers[char] !== undefined) {
      let end = at + 1;
      while (end < text.length && text[end] !== char && text[end] !== '\n') end += text[end] === '\\' ? 2 : 1;
      strings.push(text.slice(at + 1, end));
      blank(at + 1, end);
      at = end + 1;
    } else if (char === '/' && regexMayFollow.test(out.slice(Math.max(0, at - 40), at).join(''))) {
      let end = at + 1;
      let inClass = false;
      while (end < text.length && text[end] !== '\n' && (inClass || text[end] !== '/')) {
        if (text[end] === '[') inClass = true;
        if (text[end] === ']') inClass = false;
        end += text[end] === '\\' ? 2 : 1;
      }
      blank(at + 1, end);
      at = end + 1;
    } else {
      const depth = templates.at(-1);
      if (depth !== undefined && char === '{') templates[templates.length - 1] = depth + 1;
      if (depth !== undefined && char === '}') {
        if (depth === 0) {
          templates.pop();
          at = template(at + 1);
          continue;
        }
        templates[templates.length - 1] = depth - 1;
      }
      at += 1;
    }
  }
  const code = out.join('');
  return { path, text, code, comments, strings, imports: importsOf(text, code) };
}

function importsOf(text: string, code: string): string[] {
  const found: string[] = [];
  // The pattern runs over blanked code, so that words in strings are no imports; the name is then read from the text.
  const pattern = /(?:^|[\n;])\s*(?:import|export)\b[^;'"()]*?(?:\bfrom\s*)?(['"])|\bimport\s*\(\s*(['"])/g;
  for (const match of code.matchAll(pattern)) {
    const start = match.index + match[0].length;
    if (!/\bimport\b/.test(match[0]) && !/\bfrom\s*['"]$/.test(match[0])) continue;
    const quote = match[1] ?? match[2] ?? "'";
    found.push(text.slice(start, text.indexOf(quote, start)));
  }
  return found;
}

/** The path, relative to the root, that a relative reference means; null for packages. */
export function resolveReference(from: string, reference: string): string | null {
  return reference.startsWith('.') ? posix.join(posix.dirname(from), reference) : null;
}

/** Files that `source` refers to: imports, and relative names of modules in strings (workers, child programs). */
export function referencesOf(source: Source): string[] {
  const named = source.strings.filter((string) => /^\.{1,2}\/.*\.(?:ts|mjs)$/.test(string));
  const all = [...source.imports, ...named].map((reference) => resolveReference(source.path, reference));
  return [...new Set(all.filter((path) => path !== null))];
}
