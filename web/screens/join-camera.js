// Scans the sheet where the browser can; where it cannot it says so, and leads to typing. A link that was sent can be pasted.

import { element } from "../element.js";
import { invitation } from "../joining.js";
import { pageBar, trouble } from "../parts/bars.js";
import { icon } from "../parts/icons.js";
import { note } from "../text.js";
import { word } from "../word.js";

const BETWEEN_LOOKS = 250;

export default {
  name: "join-camera",
  tells: [],

  start: () => ({ camera: "opening" }),

  load: async () => ({}),

  draw(here) {
    const { camera } = here.state;
    const scan = (event) => {
      event.preventDefault();
      invitation.scanned = document.getElementById("pasted").value.trim();
      if (invitation.scanned !== "") here.go("#/join/who");
    };
    return {
      title: word("join.camera"),
      bar: pageBar(word("join.camera"), { back: "#/join" }),
      body: [
        camera === "none" ? trouble(word("join.camera_none")) : [element("p", { "data-key": "hint" }, note(word("join.camera_hint"))), element("video", { class: "finder", id: "finder", muted: true, playsinline: true, "data-key": "finder", "aria-hidden": "true" })],
        element("a", { class: camera === "none" ? "button filled wide" : "button wide large", href: "#/join/address", "data-act": "join-type", "data-key": "type" }, icon("keyboard"), word("join.type")),
        element("form", { class: "sheet stack tight", "data-key": "paste", onsubmit: scan }, element("label", { for: "pasted", class: "strong" }, word("join.paste")), element("p", { class: "note" }, note(word("join.paste_hint"))), element("input", { id: "pasted", type: "text", autocomplete: "off", autocapitalize: "off", spellcheck: "false", required: true }), element("button", { class: "small", "data-act": "paste-go" }, word("common.next"))),
      ],
    };
  },

  async drawn(here) {
    if (here.state.camera !== "opening") return;
    here.state.camera = "asked";
    try {
      const detector = new globalThis.BarcodeDetector({ formats: ["qr_code"] });
      here.state.stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      const finder = document.getElementById("finder");
      finder.srcObject = here.state.stream;
      await finder.play();
      look(here, detector, finder);
    } catch {
      here.state.camera = "none";
      here.redraw();
    }
  },

  leave({ state }) {
    clearTimeout(state.next);
    for (const track of state.stream?.getTracks() ?? []) track.stop();
  },
};

async function look(here, detector, finder) {
  const [found] = await detector.detect(finder).catch(() => []);
  if (found) {
    invitation.scanned = found.rawValue;
    return here.go("#/join/who");
  }
  here.state.next = setTimeout(() => look(here, detector, finder), BETWEEN_LOOKS);
}
