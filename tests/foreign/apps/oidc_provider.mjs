// oidc-provider as the authorization server of a TypeScript SDK 2.x server, on two origins.
// Sign-in and consent are oidc-provider's own development pages; any name and password will do.
// Arguments: PORT BASE_URL AUTH_PORT AUTH_BASE_URL.
import { createMcpExpressApp, getOAuthProtectedResourceMetadataUrl, mcpAuthMetadataRouter,
  requireBearerAuth } from "@modelcontextprotocol/express";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler, McpServer, OAuthError, OAuthErrorCode }
  from "@modelcontextprotocol/server";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { errors, Provider } from "oidc-provider";
import { z } from "zod";

const [port, baseUrl, authPort, issuer] = process.argv.slice(2);
const resource = `${baseUrl}/mcp`;
const authOrigin = `http://127.0.0.1:${authPort}`;
const scope = "mcp:tools";

const provider = new Provider(issuer, {
  scopes: ["openid", "offline_access", scope],
  pkce: { required: () => true },
  cookies: { keys: ["development only"] },
  // Left alone, only a request with prompt=consent gets a refresh token.
  issueRefreshToken: (_, client) => client.grantTypeAllowed("refresh_token"),
  features: {
    registration: { enabled: true },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      // Called with the `resource` parameter (RFC 8707); the answer makes the token a JWT.
      getResourceServerInfo: () => ({
        scope, audience: resource, accessTokenFormat: "jwt", accessTokenTTL: 3600,
      }),
      defaultResource: () => resource,
      useGrantedResource: () => true,
    },
  },
});
// Left alone, it refuses to register a client that names a grant it does not know, as Claude does.
provider.registerGrantType("urn:ietf:params:oauth:grant-type:jwt-bearer", () => {
  throw new errors.InvalidGrant("no assertion issuer is trusted here");
}, ["assertion", "scope"]);
// It builds its endpoint URLs from the request: say which scheme the client used, as a proxy would.
provider.proxy = true;
provider.use((ctx, next) => {
  ctx.req.headers["x-forwarded-proto"] = new URL(issuer).protocol.replace(":", "");
  return next();
});
provider.listen(Number(authPort), "127.0.0.1");

const keys = createRemoteJWKSet(new URL(`${authOrigin}/jwks`));

async function verifyAccessToken(token) {
  const { payload } = await jwtVerify(token, keys, { issuer, audience: resource }).catch((error) => {
    throw new OAuthError(OAuthErrorCode.InvalidToken, error.message);
  });
  return {
    token,
    clientId: payload.client_id,
    scopes: payload.scope?.split(" ") ?? [],
    expiresAt: payload.exp,
    resource: new URL(resource),
  };
}

function newServer() {
  const server = new McpServer({ name: "oidc-provider", version: "1.0.0" });
  server.registerTool(
    "add",
    { description: "Add two numbers.", inputSchema: z.object({ a: z.number(), b: z.number() }) },
    ({ a, b }) => ({ content: [{ type: "text", text: String(a + b) }] }),
  );
  return server;
}

const oauthMetadata = {
  issuer,
  authorization_endpoint: `${issuer}/auth`,
  token_endpoint: `${issuer}/token`,
  registration_endpoint: `${issuer}/reg`,
  response_types_supported: ["code"],
  code_challenge_methods_supported: ["S256"],
};
const resourceServerUrl = new URL(resource);
const requireToken = requireBearerAuth({
  verifier: { verifyAccessToken },
  requiredScopes: [scope],
  resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(resourceServerUrl),
  expectedResource: resourceServerUrl,
});
const answer = toNodeHandler(createMcpHandler(newServer));
const app = createMcpExpressApp({ allowedHosts: [resourceServerUrl.hostname] });
app.use(mcpAuthMetadataRouter({ oauthMetadata, resourceServerUrl, scopesSupported: [scope] }));
app.all("/mcp", requireToken, (req, res) => answer(req, res, req.body));
app.listen(Number(port), "127.0.0.1");
