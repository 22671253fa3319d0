// A record that its owner fills again and again; everybody else sees it as it was declared.

/** `T` with its properties open for writing. */
export type Draft<T> = { -readonly [K in keyof T]: T[K] };
