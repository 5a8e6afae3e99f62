// A certified OpenID provider (panva's oidc-provider) on a free port of this machine, for the tests of identity mode
// "introspection". It says on one line of standard output where it is and which access tokens it has given out, answers
// everything else over HTTP, and ends when its standard input does, so that it never outlives the test.
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

// Characters that HTTP Basic alone would carry otherwise than RFC 6749 section 2.3.1 says.
const service = { client_id: 'tanager: +%', client_secret: 'a secret: 100% + more/~' };
const bank = { client_id: 'bank-app', client_secret: 'the app of the bank' };
const lifetime = Number(process.argv[2] ?? 3600);

const server = createServer();
await new Promise((listening) => server.listen(Number(process.argv[3] ?? 0), '127.0.0.1', listening));
const issuer = `http://127.0.0.1:${server.address().port}`;

const none = { grant_types: [], redirect_uris: [], response_types: [] };
const provider = new Provider(issuer, {
  clients: [{ ...service, ...none }, { ...bank, ...none, grant_types: ['client_credentials'] }],
  scopes: ['openid', 'readwrite', 'readonly'],
  findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
  ttl: { AccessToken: lifetime, Grant: 86400, ClientCredentials: 600 },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: {
      enabled: true,
      // Every token may be asked about by the service, as a resource server.
      allowedPolicy: (_, client) => client.clientId === service.client_id,
    },
    revocation: { enabled: true },
  },
});
server.on('request', provider.callback());

// What the end of a log-in leaves behind: a grant of the customer to the bank's app, and an access token under it.
async function token(accountId, scope) {
  const client = await provider.Client.find(bank.client_id);
  const grant = new provider.Grant({ accountId, clientId: client.clientId });
  grant.addOIDCScope(scope);
  const grantId = await grant.save();
  return new provider.AccessToken({ accountId, client, grantId, scope, gty: 'authorization_code' }).save();
}

const tokens = {
  alice: await token('alice', 'openid readwrite'),
  again: await token('alice', 'readwrite openid'),
  looks: await token('alice', 'openid readonly'),
  bob: await token('bob', 'openid readwrite'),
  revoked: await token('alice', 'openid readwrite'),
};
await (await provider.AccessToken.find(tokens.revoked)).destroy();
const machine = await fetch(`${issuer}/token`, {
  method: 'POST',
  headers: { authorization: `Basic ${btoa([bank.client_id, bank.client_secret].map(encodeURIComponent).join(':'))}` },
  body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'readwrite' }),
});
tokens.machine = (await machine.json()).access_token;

console.log(JSON.stringify({ issuer, service, bank, tokens }));
process.stdin.on('end', () => process.exit(0)).resume();
