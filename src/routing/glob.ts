// Sender patterns of routes: literal text with `*` (any run) and `?` (any one character). No regular expressions of
// users, so no pattern can take long.

/** A compiled pattern. */
export type Glob =
  | { readonly kind: 'any' }
  | { readonly kind: 'exact'; readonly text: string }
  | { readonly kind: 'prefix'; readonly text: string }
  | { readonly kind: 'pattern'; readonly text: string };

/** Compiles a pattern; every string is one. */
export function compileGlob(pattern: string): Glob {
  if (/^\*+$/.test(pattern)) return { kind: 'any' };
  if (!/[*?]/.test(pattern)) return { kind: 'exact', text: pattern };
  if (/^[^*?]*\*$/.test(pattern)) return { kind: 'prefix', text: pattern.slice(0, -1) };
  return { kind: 'pattern', text: pattern };
}

/** Whether a sender fits; case counts. Linear in the text for one star, at worst text × pattern. */
export function globMatches(glob: Glob, sender: string): boolean {
  switch (glob.kind) {
    case 'any':
      return true;
    case 'exact':
      return sender === glob.text;
    case 'prefix':
      return sender.startsWith(glob.text);
    case 'pattern':
      return matches(glob.text, sender);
  }
}

/** The usual two-pointer match: on a mismatch, the last star swallows one character more. */
function matches(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    const wanted = p < pattern.length ? pattern.charCodeAt(p) : -1;
    if (wanted === 0x2a) {
      star = p;
      resume = t;
      p += 1;
    } else if (wanted === 0x3f || (wanted !== -1 && wanted === text.charCodeAt(t))) {
      p += 1;
      t += 1;
    } else if (star >= 0) {
      p = star + 1;
      resume += 1;
      t = resume;
    } else {
      return false;
    }
  }
  while (p < pattern.length && pattern.charCodeAt(p) === 0x2a) p += 1;
  return p === pattern.length;
}
