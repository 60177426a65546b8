// What cannot be accepted is kept, with the reason and the one thing to do.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { act, begin, open } from "./harness/browser.mjs";
import { refuse } from "./screens.mjs";

let here;
before(async () => {
  here = await begin();
});
after(() => here?.over());

test("a commissioner who took on a request that was taken back meanwhile reads why, and puts it away", async () => {
  const { asking, context, demo } = here;
  const waiting = await refuse(asking);
  const refused = waiting.find(({ state }) => state === "refused");
  const page = await open(context, demo, { phone: "team" });
  await act(page, "open-refused").click();
  const line = page.locator('[data-state="refused"]');
  await line.waitFor();
  const words = await import(new URL("../../web/words/ja.js", import.meta.url)).then(({ default: all }) => all);
  const said = await line.innerText();
  assert.ok(said.includes(words["terms.op_state.refused"]), said);
  const [why, todo] = words[`codes.${refused.code}`].split(/(?<=。)/);
  assert.ok(said.replace(/\s/g, "").includes(why) && said.replace(/\s/g, "").includes(todo), `${why}${todo} in ${said}`);

  await act(page, "discard").click();
  await page.locator('[data-key="empty"]').waitFor();
  assert.deepEqual(await asking.call("team", "outbox"), []);
  await page.close();
});
