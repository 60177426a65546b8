// 回覧を送る, first step: what is said. Nothing but a title and a letter is needed.

import { fromField, toField } from "../clock.js";
import { drafting, begin, keep, drop } from "../drafting.js";
import { element } from "../element.js";
import { bottomBar, pageBar } from "../parts/bars.js";
import { icon } from "../parts/icons.js";
import { steps } from "../parts/steps.js";
import { text } from "../text.js";
import { word } from "../word.js";

const KINDS = ["circular", "notice", "emergency"];

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

function kinds(here, draft) {
  const option = (kind) => {
    const on = draft.kind === kind;
    const take = () => {
      draft.kind = kind;
      if (kind !== "emergency") draft.until = null;
      here.redraw();
    };
    return element("label", { class: on ? "chip on" : "chip" }, element("input", { class: "heard", type: "radio", name: "kind", value: kind, checked: on, "data-act": `kind-${kind}`, onchange: take }), on && icon("tick"), word(`terms.notice_kind.${kind}`));
  };
  return element("fieldset", {}, element("legend", { class: "strong" }, word("send.kind")), element("div", { class: "chips" }, KINDS.map(option)));
}

function fieldset(draft) {
  const { points } = draft;
  return element(
    "fieldset",
    { class: "stack four" },
    element("legend", { class: "strong" }, text(word("send.points"))),
    field(points, "when", { words: "notice.when", hint: "send.when_hint", most: 200 }),
    element("div", { class: "side" }, moment(points, "starts", "send.calendar_from"), moment(points, "ends", "send.calendar_to")),
    field(points, "place", { words: "notice.place", hint: "send.place_hint", most: 200 }),
    field(points, "what", { words: "notice.what", hint: "send.what_hint", most: 200 }),
    field(points, "by_when", { words: "notice.by_when", hint: "send.by_when_hint", most: 200 }),
  );
}

function field(of, part, { words, hint, required, most }) {
  const id = `write-${part}`;
  const take = ({ target }) => {
    of[part] = target.value === "" && !required ? null : target.value;
  };
  return element("div", { class: "field" }, element("label", { for: id }, word(words)), element("input", { id, type: "text", required, maxlength: most, autocomplete: "off", placeholder: word(hint), value: of[part] ?? "", oninput: take }));
}

function letter(draft) {
  const take = ({ target }) => {
    draft.text = target.value;
  };
  return element("div", { class: "field" }, element("label", { for: "write-text" }, word("send.text")), element("textarea", { id: "write-text", rows: 7, maxlength: 10000, required: true, value: draft.text, oninput: take }));
}

/** Written as the association's clock shows it. */
function moment(of, part, words) {
  const id = `write-${part}`;
  const take = ({ target }) => {
    of[part] = fromField(target.value);
  };
  return element("div", { class: "field" }, element("label", { for: id }, word(words)), element("input", { id, type: "datetime-local", value: toField(of[part]), oninput: take }));
}
