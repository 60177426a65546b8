// 参加: camera, typing, or practice.

import { element } from "../element.js";
import { forget } from "../joining.js";
import { pageBar } from "../parts/bars.js";
import { icon } from "../parts/icons.js";
import { sheetPicture } from "../parts/sheet-picture.js";
import { note } from "../text.js";
import { word } from "../word.js";

export default {
  name: "join",
  tells: [],

  start() {
    forget();
    return {};
  },

  load: async () => ({}),

  draw() {
    const way = (picture, words, href, act, style = "") => element("a", { class: `button wide ${style}`, href, id: act, "data-act": act }, icon(picture), words);
    return {
      title: word("join.title"),
      bar: pageBar(word("join.title")),
      body: [
        sheetPicture(),
        element("p", { class: "ready" }, note(word("join.ready"))),
        element(
          "div",
          { class: "stack ways" },
          way("camera", word("join.camera"), "#/join/camera", "join-camera", "filled"),
          way("keyboard", word("join.type"), "#/join/address", "join-type", "large"),
          way("beginner", word("join.practice"), "?phone=practice#/practice", "join-practice", "large"),
          element("p", { class: "note" }, note(word("join.practice_note"))),
          element("details", {}, element("summary", { class: "link" }, icon("lock"), word("join.use_of_data")), element("p", {}, note(word("join.use_of_data_text")))),
        ),
      ],
    };
  },
};
