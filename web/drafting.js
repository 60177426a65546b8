// What an officer is writing, over the three steps; the facade keeps it when it is saved.

const EMPTY = { id: null, group: undefined, ticked: [], tree: undefined, draft: undefined };

let writing = { ...EMPTY };

/** What is being written for this desk: the same on every step, a fresh sheet for another desk. */
export function drafting(group) {
  if (writing.group !== group) begin(group);
  return writing;
}

/** Takes a fresh sheet, or a kept draft. */
export function begin(group, kept) {
  const empty = { kind: "circular", from: group, audience: [], title: "", points: {}, text: "", publish_at: null, until: null };
  writing = { ...EMPTY, group, id: kept?.id ?? null, draft: kept?.draft ?? empty };
  return writing;
}

/** Keeps it in the facade, and says under which id from now on. */
export async function keep(here, group) {
  const now = drafting(group);
  now.id = await here.call("save_draft", { person: here.person.id, id: now.id, draft: now.draft });
}

/** It was sent or thought better of. */
export async function drop(here, group) {
  const { id } = drafting(group);
  if (id) await here.call("drop_draft", { person: here.person.id, id }).catch((fault) => fault);
  begin(group);
}
