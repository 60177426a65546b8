// What changed, as it is told: by the shared stream, or by one of this page's own where a browser has no shared workers.

const EVENTS = ["hello", "changed", "network", "morning", "town"];

/** Calls `told(event, record)` for everything that happens from now on. */
export function listen(told) {
  const hear = (event, data) => told(event, read(data));
  if (typeof SharedWorker === "function") {
    const { port } = new SharedWorker("/web/live.worker.js", { name: "kairan" });
    port.onmessage = ({ data }) => hear(data.event, data.data);
    port.start();
    addEventListener("pagehide", () => port.postMessage("bye"));
    // A page that comes out of the browser's drawer asks for everything anew.
    addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
    return;
  }
  const source = new EventSource("/events");
  for (const event of EVENTS) source.addEventListener(event, ({ data }) => hear(event, data));
}

function read(data) {
  try {
    return JSON.parse(data || "{}");
  } catch {
    return {};
  }
}
