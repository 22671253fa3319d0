// A reporter for node:test that writes one JSON object per line for each test that ended, for bin/test.mjs to count and show.
async function* report(source) {
  for await (const { type, data } of source) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    if (data.details?.type === 'suite') continue;
    // node:test reports a file without tests as a test that has passed, under the file's name.
    if (type === 'test:pass' && data.name === data.file) continue;
    const error = data.details?.error;
    if (error?.failureType === 'subtestsFailed') continue;
    const cause = error?.cause ?? error;
    const line = {
      name: data.name,
      line: data.line ?? 0,
      passed: type === 'test:pass',
      skip: data.skip ?? null,
      todo: data.todo ?? null,
      error: error === undefined ? null : String(cause?.stack ?? cause?.message ?? cause),
    };
    yield `${JSON.stringify(line)}\n`;
  }
}

// biome-ignore lint/style/noDefaultExport: the form in which node:test wants a reporter
export { report as default };
