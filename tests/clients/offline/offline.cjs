// For `node --require`: from then on, only loopback can be reached. An attempt to go elsewhere ends the process.

const net = require("node:net");

const connect = net.Socket.prototype.connect;

net.Socket.prototype.connect = function (...given) {
  // net.connect hands over its arguments as one array, already put in order.
  const options = Array.isArray(given[0]) ? given[0][0] : given[0];
  const host = (typeof options === "object" ? options.host : given[1]) ?? "localhost";
  if (host !== "localhost" && host !== "::1" && !host.startsWith("127.")) {
    console.error(`offline: tried to reach ${host}`);
    process.exit(97);
  }
  return connect.apply(this, given);
};
