// A real OpenID Connect provider: node provider.mjs PORT AUDIENCE ALGORITHM. It makes a key of its own with each start, gives
// access tokens as JWT to one client, and says "ready" when it does. `node provider.mjs sign` signs what clients show instead:
// a line of {alg, claims} in, one of {publicKey, assertion} out.
import { createInterface } from 'node:readline';
import { SignJWT, exportJWK, exportSPKI, generateKeyPair, calculateJwkThumbprint } from 'jose';

const made = (alg) => generateKeyPair(alg, { extractable: true, modulusLength: 2048 });

async function serve(port, audience, alg) {
  const { Provider } = await import('oidc-provider');
  const { privateKey } = await made(alg);
  const key = { ...(await exportJWK(privateKey)), alg, use: 'sig' };
  key.kid = await calculateJwkThumbprint(key);
  const server = { audience, scope: 'referrals:read cases:read', accessTokenTTL: 600, accessTokenFormat: 'jwt', jwt: { sign: { alg } } };
  const provider = new Provider(`http://127.0.0.1:${port}`, {
    jwks: { keys: [key] },
    clients: [{
      client_id: 'registry', client_secret: 'a secret of the test', grant_types: ['client_credentials'], response_types: [],
      redirect_uris: [], id_token_signed_response_alg: alg,
    }],
    enabledJWA: { idTokenSigningAlgValues: [alg] },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: { enabled: true, defaultResource: () => audience, getResourceServerInfo: () => server, useGrantedResource: () => true },
    },
  });
  provider.listen(Number(port), '127.0.0.1', () => console.log('ready'));
}

async function sign() {
  for await (const line of createInterface({ input: process.stdin })) {
    const { alg, claims, pem } = JSON.parse(line);
    const { publicKey, privateKey } = await made(alg);
    const shown = pem ? await exportSPKI(publicKey) : JSON.stringify(await exportJWK(publicKey));
    console.log(JSON.stringify({ publicKey: shown, assertion: await new SignJWT(claims).setProtectedHeader({ alg }).sign(privateKey) }));
  }
}

const [command, ...rest] = process.argv.slice(2);
await (command === 'sign' ? sign() : serve(command, ...rest));
