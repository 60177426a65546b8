// 回覧を直す: what was sent is corrected; only what was changed goes out, and a changed point asks everybody again.

import { element } from "../element.js";
import { bottomBar, pageBar } from "../parts/bars.js";
import { field, fieldset, letter, moment } from "../parts/writing.js";
import { note } from "../text.js";
import { word } from "../word.js";

/** A point, and what goes with it. */
const POINTS = { when: ["when", "starts", "ends"], place: ["place"], what: ["what"], by_when: ["by_when", "by_day"] };

export default {
  name: "correct",
  tells: [],
  bar: ({ place }) => pageBar(word("send.correct_title"), { back: `#/desk/${place.parts[0]}/${place.parts[1]}` }),

  async load({ call, person, place, state }) {
    state.seen ??= await call("notice", { person: person.id, id: place.parts[1] });
    const { line, points, text } = state.seen;
    state.writing ??= { kind: line.kind, title: line.title, text, points: { ...points }, until: line.until };
    return { rev: line.rev };
  },

  draw(here) {
    const { writing } = here.state;
    const send = (event) => {
      event.preventDefault();
      here.act(() => correct(here));
    };
    return {
      title: word("send.correct_title"),
      bar: this.bar(here),
      body: [
        element("p", { "data-key": "note" }, note(word("send.correct_note"))),
        element("form", { class: "sheet stack", id: "writing", "data-key": "writing", onsubmit: send }, field(writing, "title", { words: "send.subject", hint: "send.subject_hint", required: true, most: 100 }), fieldset(writing), letter(writing), writing.kind === "emergency" && moment(writing, "until", "send.emergency_until")),
      ],
      foot: bottomBar(element("button", { class: "filled wide", form: "writing", id: "correct", "data-act": "correct" }, word("desk.correct"))),
    };
  },
};

async function correct(here) {
  const { call, person, place, state } = here;
  const [group, notice] = place.parts;
  const { line, points, text } = state.seen;
  const { writing } = state;
  const changed = Object.entries(POINTS).filter(([, fields]) => fields.some((name) => (writing.points[name] ?? null) !== (points[name] ?? null)));
  const correction = {
    title: writing.title === line.title ? null : writing.title,
    text: writing.text === text ? null : writing.text,
    points: Object.fromEntries(changed.flatMap(([, fields]) => fields.map((name) => [name, writing.points[name] ?? null]))),
    until: writing.until === line.until ? null : writing.until,
    clear: changed.map(([name]) => name).filter((name) => !writing.points[name]),
  };
  await call("correct", { person: person.id, notice, seen: line.rev, correction });
  here.did("corrected");
  here.go(`#/desk/${group}/${notice}`);
}
