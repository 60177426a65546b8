// 回覧を送る, first step: what is said. Nothing but a title and a letter is needed.

import { drafting, begin, keep, drop } from "../drafting.js";
import { element } from "../element.js";
import { bottomBar, pageBar } from "../parts/bars.js";
import { icon } from "../parts/icons.js";
import { steps } from "../parts/steps.js";
import { field, fieldset, kinds, letter, moment } from "../parts/writing.js";
import { text } from "../text.js";
import { word } from "../word.js";

export default {
  name: "send-text",
  tells: [],

  async load({ call, person, place, state }) {
    const [group] = place.parts;
    const asked = place.query.get("draft");
    if (asked && !state.opened) {
      state.opened = true;
      const kept = (await call("drafts", { person: person.id })).find(({ id }) => id === asked);
      if (kept) begin(group, kept);
    }
    return { group, id: drafting(group).id };
  },

  draw(here, { group }) {
    const { draft, id } = drafting(group);
    const next = (event) => {
      event.preventDefault();
      here.go(`#/send/${group}/audience`);
    };
    const save = () => here.act(async () => {
      await keep(here, group);
      here.state.saved = true;
      here.say(word("send.draft_saved"));
    });
    const remove = () => here.act(async () => {
      await drop(here, group);
      here.go(`#/desk/${group}`);
    });
    return {
      title: word("send.title"),
      bar: pageBar(word("send.title"), { back: `#/desk/${group}` }),
      under: steps(group, 1),
      body: [
        element("h2", { "data-key": "question" }, text(word("send.text_question"))),
        element("form", { class: "sheet stack", id: "writing", "data-key": "writing", onsubmit: next }, kinds(here, draft), field(draft, "title", { words: "send.subject", hint: "send.subject_hint", required: true, most: 100 }), fieldset(draft), letter(draft), draft.kind === "emergency" && moment(draft, "until", "send.emergency_until")),
      ],
      foot: bottomBar(
        here.state.saved && element("p", { class: "note", role: "status" }, word("send.draft_saved")),
        element("div", { class: "stack" }, element("button", { class: "filled wide", form: "writing", id: "to-audience", "data-act": "to-audience" }, word("send.to_audience"), icon("forward")), element("div", { class: "side" }, element("button", { class: "small", type: "button", id: "save-draft", "data-act": "save-draft", onclick: save }, word("send.draft")), id && element("button", { class: "small danger", type: "button", "data-act": "drop-draft", onclick: remove }, word("send.draft_delete")))),
      ),
    };
  },
};
