// Calls a phone's facade by name with JSON.

/** Why the facade gave nothing: its stable code, and the facade's own error where it was one. */
export class FacadeError extends Error {
  constructor(code, message, error) {
    super(message);
    this.code = code;
    this.error = error;
  }
}

/** Says how this browser's phone is reached; the way to a core in WebAssembly would be another one of these. */
export function facade(phone) {
  return async function call(method, given = {}) {
    let answer;
    try {
      answer = await fetch(`/phones/${encodeURIComponent(phone)}/call/${method}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(given),
      });
    } catch {
      throw new FacadeError("unreachable", "the page cannot reach its phone");
    }
    const text = await answer.text();
    const said = parsed(text);
    if (answer.ok) return said;
    throw new FacadeError(said?.code ?? "internal", said?.message ?? answer.statusText, said?.error);
  };
}

function parsed(text) {
  try {
    return text === "" ? null : JSON.parse(text);
  } catch {
    return undefined;
  }
}
