// The one stream of changes of this browser, shared by all its pages.

const ports = new Set();
let source;

self.onconnect = ({ ports: [port] }) => {
  ports.add(port);
  port.onmessage = ({ data }) => {
    if (data === "bye") ports.delete(port);
  };
  if (!source) open();
};

function open() {
  source = new EventSource("/events");
  for (const event of ["hello", "changed", "network", "morning", "town"]) {
    source.addEventListener(event, ({ data }) => tell(event, data));
  }
}

function tell(event, data) {
  for (const port of ports) port.postMessage({ event, data });
}
