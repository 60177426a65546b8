// 練習: ten small tasks in a made-up neighbourhood, and how far they are.

import { element } from "../element.js";
import { pageBar } from "../parts/bars.js";
import { icon } from "../parts/icons.js";
import { note, text } from "../text.js";
import { word } from "../word.js";

export default {
  name: "practice",
  tells: ["home", "notices", "notice", "outbox"],

  load: ({ call }) => call("practice_tasks"),

  draw(here, { tasks, done, next, cut }) {
    const again = () => here.act(() => here.call("practice_again"));
    return {
      title: word("practice.title"),
      bar: pageBar(word("practice.title"), { back: "#/home" }),
      body: [
        element("p", { "data-key": "intro" }, note(word("practice.intro"))),
        element("section", { class: "sheet stack tight", "data-key": "progress" }, element("h2", { role: "status" }, text(next ? word("practice.progress", { count: done }) : word("practice.all_done"))), element("div", { class: "progress", "aria-hidden": "true" }, tasks.map((task) => element("span", { class: task.done ? "on" : "" })))),
        element("ol", { class: "stack tight", "data-key": "tasks" }, tasks.map((task, place) => line(here, task, place + 1, { next, cut }))),
        element("div", { class: "side", "data-key": "end" }, element("button", { type: "button", id: "practice-again", "data-act": "practice-again", onclick: again }, word("practice.again"))),
      ],
    };
  },
};

function line(here, task, number, { next, cut }) {
  const now = task.task === next;
  const title = word(`practice.task.${task.task}.title`);
  const toggle = () => here.act(() => here.call("practice_cut", { cut: !cut }));
  return element(
    "li",
    { class: now ? "sheet task now" : "sheet task", "data-key": task.task, "data-task": task.task, "data-done": task.done ? "true" : "false" },
    element("span", { class: task.done ? "number done" : "number", "aria-hidden": "true" }, task.done ? icon("tick") : String(number)),
    element(
      "div",
      { class: "grow" },
      element("h2", { "aria-label": word("practice.task_reader", { number, title, state: word(task.done ? "practice.state_done" : "practice.state_not_yet") }) }, text(title), task.done && element("span", { class: "tag" }, word("practice.done"))),
      !task.done && element("p", { class: "note" }, note(word(`practice.task.${task.task}.hint`))),
      !task.done && element("div", { class: "side" }, task.task === "no_network" && element("button", { class: "small", type: "button", "data-act": "practice-cut", onclick: toggle }, icon(cut ? "waves" : "cut"), word(cut ? "practice.network_back" : "practice.network_cut")), element("a", { class: now ? "button filled plain" : "button small", href: place(task), "data-act": `try-${task.task}` }, word("practice.start"))),
    ),
  );
}

function place({ task, notice }) {
  if (notice) return `#/notice/${notice}`;
  if (task === "search") return "#/archive";
  if (task === "bigger_letters") return "#/settings";
  return "#/home";
}
