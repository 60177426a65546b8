// The words of the pages, as they are generated for the browser.

import { readFile } from "node:fs/promises";

/** Every Japanese text by its name. No package says that these files are modules, so their text is handed over as one. */
export async function japanese() {
  const text = await readFile(new URL("../../../web/words/ja.js", import.meta.url), "utf8");
  const { default: words } = await import(`data:text/javascript;base64,${Buffer.from(text).toString("base64")}`);
  return words;
}
