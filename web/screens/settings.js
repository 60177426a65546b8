// How it looks and reads: text size, colours, language, and for whom the screens are.

import { choose, chosen } from "../choices.js";
import { element } from "../element.js";
import { pageBar } from "../parts/bars.js";
import { icon } from "../parts/icons.js";
import { speak, word } from "../word.js";

export default {
  name: "settings",
  tells: [],

  load: async () => ({}),

  draw(here) {
    const { persons } = here.me;
    const set = (what) => async (value) => {
      choose(what, value);
      if (what === "lang") await speak(value);
      if (what === "size" && value === "200" && here.me.practice) await here.call("practice_did", { task: "bigger_letters" });
      if (what === "person") here.go("#/home");
      else here.redraw();
    };
    const theme = { light: "colours_light", dark: "colours_dark", contrast: "colours_contrast", "contrast-dark": "colours_contrast_dark" };
    return {
      title: word("town.settings"),
      bar: pageBar(word("town.settings"), { back: "#/town" }),
      body: [
        group("size", word("common.text_size"), ["100", "150", "200"].map((size) => [size, word("common.text_size_percent", { percent: size })]), chosen("size") ?? "100", set("size")),
        group("theme", word("common.colours"), [["", word("common.colours_system")], ...Object.entries(theme).map(([name, key]) => [name, word(`common.${key}`)])], chosen("theme") ?? "", set("theme")),
        group("lang", word("common.language"), [["ja", word("common.language_ja")], ["en", word("common.language_en")]], chosen("lang") ?? "ja", set("lang")),
        persons.length > 1 && group("person", word("home.change_person"), persons.map(({ id, name }) => [id, word("common.honorific", { name })]), here.person.id, set("person")),
      ],
    };
  },
};

/** One choice of several, all of them to be seen. */
function group(what, title, options, now, set) {
  const option = ([value, words]) => {
    const on = value === now;
    return element("label", { class: on ? "choice on" : "choice" }, element("input", { type: "radio", name: what, value, checked: on, "data-act": `${what}-${value || "system"}`, onchange: () => set(value || undefined) }), element("span", { class: "dot" }, on && icon("tick")), element("span", { lang: what === "lang" ? value : null }, words));
  };
  return element("div", { class: "sheet choices", role: "radiogroup", "aria-labelledby": `choose-${what}`, "data-key": what }, element("h2", { id: `choose-${what}` }, title), options.map(option));
}
