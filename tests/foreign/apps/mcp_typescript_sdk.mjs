// The TypeScript SDK's own example server, unchanged, with its demo authorization server on a
// second port. It knows itself only as http://localhost:PORT.
// Arguments: PORT BASE_URL AUTH_PORT AUTH_BASE_URL.
import { Server } from "node:net";

const [port, , authPort] = process.argv.slice(2);

// The example would listen on every interface.
const listen = Server.prototype.listen;
Server.prototype.listen = function (onPort, done) {
  return listen.call(this, onPort, "127.0.0.1", done);
};

process.env.MCP_PORT = port;
process.env.MCP_AUTH_PORT = authPort;
// The example only looks for these words. The second binds a token to its resource.
process.argv.push("--oauth", "--oauth-strict");

await import("@modelcontextprotocol/sdk/examples/server/simpleStreamableHttp.js");
