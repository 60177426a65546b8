// 予定: what takes place, soonest first.

import { element } from "../element.js";
import { pageBar, tabs } from "../parts/bars.js";
import { note } from "../text.js";
import { word } from "../word.js";
import { eventList } from "./home.js";

export default {
  name: "events",
  tells: ["home", "notices"],
  remembers: true,

  load: ({ call, person }) => call("events", { person: person.id }),

  draw({ person }, events) {
    return {
      title: word("events.title"),
      bar: pageBar(word("events.title")),
      body: [events.length > 0 ? eventList(events) : element("p", { class: "empty" }, note(word("events.empty")))],
      foot: tabs("events", person.roles.some(({ kind }) => kind === "commissioner")),
    };
  },
};
