// Asks the demo for something; nothing where it does not answer or says no.

/** What stands at an address. */
export const get = (path) => asked(path, {});

/** The answer to something said. */
export const post = (path, said) => asked(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(said) });

async function asked(path, how) {
  try {
    const answer = await fetch(path, how);
    return answer.ok ? await answer.json() : undefined;
  } catch {
    return undefined;
  }
}
