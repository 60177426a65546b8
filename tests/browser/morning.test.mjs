// 「朝を再生」: three hundred phones answer, and what the page shows is what the machine's database holds.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { begin, PC } from "./harness/browser.mjs";
import { until } from "./harness/demo.mjs";

let here;
before(async () => {
  here = await begin();
});
after(() => here?.over());

/** Both figures of a cell of the page's table: what the desks show, and what was counted. */
const figures = (text) => text.match(/\d+ \/ \d+/g);

test("every figure of the morning is the one counted in the database", async () => {
  const { asking, context, demo } = here;
  await until(() => asking.get("/morning"), ({ state }) => state === "ready", 300);
  const page = await context.newPage();
  await page.setViewportSize(PC);
  await page.goto(demo.origin);
  await page.locator('[data-act="morning"]').click();
  const { phones, answered, desks, seconds } = await until(() => asking.get("/morning"), ({ state }) => state === "over", 180);
  console.log(`${answered} of ${phones} phones answered in ${seconds} s`);
  assert.ok(answered >= 300, `${answered} phones`);
  assert.ok(desks.length > 0, "there is a desk to look at");
  const counted = ({ participation: { said, agreed }, circular: { acknowledged, households } }) => ({ said, agreed, acknowledged, households });
  for (const desk of desks) assert.deepEqual(counted(desk), desk.database, desk.name);

  // What stands on the page is that, beside what was counted.
  const row = (group) => page.locator(`#figures tr[data-group="${group}"]`);
  for (const { group, database } of desks) {
    const said = `${database.said} / ${database.agreed}`;
    const seals = `${database.acknowledged} / ${database.households}`;
    await row(group).locator('[data-act="said"]', { hasText: said }).waitFor();
    assert.deepEqual(figures(await row(group).locator('[data-act="said"]').innerText()), [said, said]);
    assert.deepEqual(figures(await row(group).locator('[data-act="seals"]').innerText()), [seals, seals]);
  }
  await page.close();
});
