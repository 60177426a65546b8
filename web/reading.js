// Reads aloud, sentence by sentence, and lights the one being read; slower when asked.

import { voiceLanguage } from "./clock.js";
import { isJapanese } from "./text.js";

const NORMAL = 1;
const SLOW = 0.7;
/** A browser may take a moment to find its voices. */
const PATIENCE = 1500;

class Reading {
  texts = [];
  number = -1;
  slow = false;
  on = false;
  silent = false;
  changed = () => {};

  /** Reads `texts` from the first; `changed` is called whenever it goes on or stops. */
  async start(texts, changed) {
    this.stop();
    this.changed = changed;
    this.silent = !(await hasVoice());
    if (this.silent || texts.length === 0) return this.changed();
    this.texts = texts;
    this.number = 0;
    this.on = true;
    this.speak();
  }

  previous() {
    this.number = Math.max(0, this.number - 1);
    this.speak();
  }

  slower() {
    this.slow = !this.slow;
    this.speak();
  }

  stop() {
    this.spoken = undefined;
    globalThis.speechSynthesis?.cancel();
    const was = this.on;
    this.on = false;
    this.number = -1;
    this.texts = [];
    if (was) this.changed();
    this.light();
  }

  speak() {
    speechSynthesis.cancel();
    const said = new SpeechSynthesisUtterance(this.texts[this.number]);
    said.lang = isJapanese(said.text) ? "ja-JP" : voiceLanguage();
    said.rate = this.slow ? SLOW : NORMAL;
    said.onend = () => this.ended(said);
    this.spoken = said;
    speechSynthesis.speak(said);
    this.changed();
    this.light(true);
  }

  ended(said) {
    if (said !== this.spoken) return;
    if (this.number + 1 >= this.texts.length) return this.stop();
    this.number += 1;
    this.speak();
  }

  /** Lights the sentence being read, and brings it to the upper third. */
  light(move = false) {
    for (const node of document.querySelectorAll("[data-sentence]")) {
      const lit = this.on && Number(node.dataset.sentence) === this.number;
      node.toggleAttribute("data-lit", lit);
      if (lit && move) {
        const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
        node.scrollIntoView({ block: "start", behavior: calm ? "instant" : "smooth" });
      }
    }
  }
}

/** The one reading of this page. */
export const reading = new Reading();

async function hasVoice() {
  if (typeof SpeechSynthesisUtterance !== "function" || !globalThis.speechSynthesis) return false;
  const language = voiceLanguage().slice(0, 2);
  const there = () => speechSynthesis.getVoices().some((voice) => voice.lang.startsWith(language));
  if (there()) return true;
  return new Promise((resolve) => {
    const late = setTimeout(() => resolve(there()), PATIENCE);
    speechSynthesis.addEventListener("voiceschanged", () => there() && (clearTimeout(late), resolve(true)));
  });
}
