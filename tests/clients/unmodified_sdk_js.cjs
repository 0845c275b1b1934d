// XML gateway: @intacct/intacct-sdk as it is, by its documented settings alone: everything comes from the environment.
// The name is resolved by a module that `sidegate trust --print node` gives; nothing of the package is changed.
'use strict';
const http = require('node:http');
const sdk = require('@intacct/intacct-sdk');
const { ApiSessionCreate, Common, Company } = sdk.Functions;

let passed = 0, failed = 0;
const check = (name, ok, note) => {
  ok ? passed++ : failed++;
  console.log(`${ok ? 'PASS' : 'FAIL'} unmodified intacct-sdk-js: ${name}${note ? ' -- ' + note : ''}`);
};
const step = async (name, run) => {
  try { const value = await run(); check(name, true); return value; } catch (error) { check(name, false, `${error.message} ${JSON.stringify(error.errors || '')}`.slice(0, 300)); return undefined; }
};

/** What is posted to this machine, once. */
const received = (port) => new Promise((resolve, reject) => {
  const server = http.createServer((request, response) => {
    let body = '';
    request.on('data', (piece) => { body += piece; });
    request.on('end', () => { response.end(); server.close(); resolve(body); });
  });
  server.listen(port, '127.0.0.1');
  setTimeout(() => { server.close(); reject(new Error('nothing was posted')); }, 30000).unref();
});

async function main() {
  const config = await step('SessionProvider.factory', () => sdk.SessionProvider.factory(new sdk.ClientConfig()));
  if (!config) return;
  const wanted = new URL(process.env.INTACCT_ENDPOINT_URL);
  check('the endpoint stays under the name', new URL(config.endpointUrl).host === wanted.host, config.endpointUrl);
  const client = new sdk.OnlineClient(config);
  const tag = String(Date.now() % 1e9);

  const inside = new sdk.ClientConfig();
  Object.assign(inside, { sessionId: config.sessionId, endpointUrl: config.endpointUrl, entityId: 'E100' });
  const entity = await step('from the session into an entity', () => sdk.SessionProvider.factory(inside));
  check('it is the entity', entity && entity.entityId === 'E100', entity && String(entity.entityId));

  const make = new Company.ContactCreate('make');
  Object.assign(make, { contactName: 'Plain ' + tag, printAs: 'Plain ' + tag, firstName: 'Plain', lastName: 'Client', primaryEmailAddress: 'plain@example.com', active: true });
  const made = await step('create a contact', () => client.execute(make));
  const key = made && made.results[0].data[0].RECORDNO;

  const read = new Common.Read('read');
  Object.assign(read, { objectName: 'CONTACT', keys: [Number(key)] });
  const got = await step('read it', () => client.execute(read));
  check('it is the one', got && got.results[0].data[0].CONTACTNAME === 'Plain ' + tag);

  const query = new Common.ReadByQuery('query');
  Object.assign(query, { objectName: 'USERINFO', fields: ['LOGINID'], pageSize: 5 });
  const page = await step('query', () => client.execute(query));
  check('a page and more to read', page && page.results[0].count === 5 && page.results[0].numRemaining > 0);

  const lookup = new Common.Lookup('lookup');
  lookup.objectName = 'CONTACT';
  const both = await step('a batch of two', () => client.executeBatch([query, lookup]));
  check('both are answered', both && both.results.length === 2);

  const posted = received(Number(process.env.RECEIVER_PORT));
  const offline = new sdk.ClientConfig();
  const later = new sdk.RequestConfig();
  Object.assign(later, { policyId: process.env.POLICY_ID, controlId: 'later-' + tag });
  const told = await step('an offline request is acknowledged', () => new sdk.OfflineClient(offline).execute(new ApiSessionCreate('later'), later));
  check('with success', told && told.status === 'success', told && told.status);
  const answer = await step('its answer is posted', () => posted);
  check('under its control id', answer && answer.includes('later-' + tag) && answer.includes('<sessionid>'));
}

main().catch((error) => check('run', false, String(error && error.stack).slice(0, 300))).then(() => {
  console.log(`RESULT unmodified intacct-sdk-js: ${passed} passed, ${failed} failed`);
  process.exit(failed === 0 && passed > 0 ? 0 : 1);
});
