// 回覧を送る, second step: to whom, and how many homes that is by app and on paper.

import { drafting } from "../drafting.js";
import { element } from "../element.js";
import { audienceTree } from "../parts/audience.js";
import { bottomBar, pageBar } from "../parts/bars.js";
import { icon } from "../parts/icons.js";
import { steps } from "../parts/steps.js";
import { text } from "../text.js";
import { word } from "../word.js";

export default {
  name: "send-audience",
  tells: ["desk"],
  bar: ({ place }) => pageBar(word("send.title"), { back: `#/send/${place.parts[0]}` }),

  async load({ call, person, place }) {
    const [group] = place.parts;
    const now = drafting(group);
    const tree = await call("audience", { person: person.id, group, ticked: now.ticked, tap: now.tap ?? null });
    now.tap = undefined;
    take(now, tree);
    return tree;
  },

  draw(here, tree) {
    const [group] = here.place.parts;
    const { reach } = tree;
    const tap = (tapped) => {
      const now = drafting(group);
      now.tap = tapped;
      here.state.tapped = true;
      here.reload();
    };
    const sum = [word("send.by_app"), " ", strong(reach.app), word("send.homes_unit"), "・", word("send.on_paper"), " ", strong(reach.paper), word("send.homes_unit")];
    if (here.state.tapped) here.say(word(reach.paper > 0 ? "send.sum_reader" : "send.sum_app_reader", { app: reach.app, paper: reach.paper }));
    return {
      title: word("send.title"),
      bar: pageBar(word("send.title"), { back: `#/send/${group}` }),
      under: steps(group, 2),
      body: [element("h2", { "data-key": "question" }, text(word("send.audience_question"))), audienceTree(tree, tap)],
      foot: bottomBar(
        reach.households > 0 ? element("p", { class: "sum" }, element("span", { class: "whole" }, sum), reach.paper > 0 && element("span", { class: "note" }, word("send.print_needed"))) : element("p", { class: "sum" }, word("send.audience_missing")),
        element("button", { class: "filled wide", type: "button", id: "to-confirm", "data-act": "to-confirm", disabled: tree.audience.length === 0, onclick: () => here.go(`#/send/${group}/confirm`) }, word("send.to_confirm"), icon("forward")),
      ),
    };
  },
};

const strong = (number) => element("strong", {}, String(number));

function take(now, { ticked, audience, reach }) {
  now.ticked = ticked;
  now.reach = reach;
  now.draft.audience = audience;
}
