// 回覧を送る, third step: everything once more, how many homes by app and how many on paper, and one button.

import { begin, drafting, drop, keep } from "../drafting.js";
import { element } from "../element.js";
import { bottomBar, fine, pageBar } from "../parts/bars.js";
import { icon } from "../parts/icons.js";
import { pointList } from "../parts/points.js";
import { steps } from "../parts/steps.js";
import { note, paragraphs, text } from "../text.js";
import { word } from "../word.js";

export default {
  name: "send-confirm",
  tells: ["desk"],
  bar: ({ place }) => pageBar(word("send.title"), { back: `#/send/${place.parts[0]}/audience` }),

  start: () => ({ outcome: undefined }),

  async load({ call, person, place, go }) {
    const { draft } = drafting(place.parts[0]);
    // Opened by its address with nothing written yet.
    if (draft.title === "" || draft.audience.length === 0) go(`#/send/${place.parts[0]}`);
    return call("reach", { person: person.id, audience: draft.audience });
  },

  draw(here, reach) {
    const [group] = here.place.parts;
    const { outcome } = here.state;
    const { draft } = drafting(group);
    if (outcome?.sent) return sent(group, outcome.sent);
    return {
      title: word("send.title"),
      bar: pageBar(word("send.title"), { back: `#/send/${group}/audience` }),
      under: steps(group, 3),
      body: [
        outcome && fine(note(word(outcome.offline ? "send.offline" : "send.draft_saved"))),
        element("h2", { "data-key": "question" }, text(word("send.confirm_question"))),
        element("article", { class: "sheet stack", "data-key": "content" }, draft.kind !== "circular" && element("p", { class: draft.kind === "emergency" ? "emergency-kind" : "strong" }, word(`terms.notice_kind.${draft.kind}`)), element("h3", { class: "title" }, text(draft.title)), pointList(draft.points), element("div", { class: "letter" }, paragraphs(draft.text))),
        homes(reach),
      ],
      foot: bottomBar(
        element("div", { class: "stack" }, element("button", { class: "filled wide", type: "button", id: "send", "data-act": "send", disabled: reach.households === 0, onclick: () => send(here, group, reach) }, icon("send"), element("span", {}, text(word("send.go", { count: reach.households })))), element("button", { class: "wide", type: "button", id: "save-draft", "data-act": "save-draft", onclick: () => save(here, group) }, word("send.draft"))),
      ),
    };
  },
};

function homes({ app, paper }) {
  const row = (picture, words, count, more) => element("li", {}, icon(picture), element("span", {}, words), element("span", { class: "count-of" }, element("strong", {}, String(count)), " ", word("send.homes_unit")), more && element("span", { class: "print-needed" }, more));
  return element("ul", { class: "sheet flush reach", "data-key": "reach" }, row("board", word("send.by_app"), app), row("print", word("send.on_paper"), paper, paper > 0 && word("send.print_needed")));
}

/** Without a network nothing goes out by itself later: it stays a draft, and says so. */
const send = (here, group, reach) => here.act(async () => {
  try {
    await here.call("sync");
  } catch (fault) {
    if (fault.code !== "offline") throw fault;
    await keep(here, group);
    here.state.outcome = { offline: true };
    return;
  }
  const { draft } = drafting(group);
  await here.call("post", { person: here.person.id, draft });
  await drop(here, group);
  here.state.outcome = { sent: reach };
  here.did("sent");
  here.call("sync").catch((fault) => fault);
});

const save = (here, group) => here.act(async () => {
  await keep(here, group);
  here.state.outcome = { saved: true };
});

function sent(group, { app, paper }) {
  return {
    title: word("send.sent"),
    bar: pageBar(word("send.title"), { back: `#/desk/${group}` }),
    body: [
      fine(note(paper > 0 ? word("send.sent_sum", { app, paper }) : word("send.sent_app", { app }))),
      element("a", { class: "button filled wide", href: `#/desk/${group}`, id: "to-desk", "data-act": "to-desk", "data-key": "to-desk" }, word("desk.sent_title")),
      element("a", { class: "button wide", href: `#/send/${group}`, "data-act": "new-notice", "data-key": "new", onclick: () => begin(group) }, word("send.new")),
    ],
  };
}
