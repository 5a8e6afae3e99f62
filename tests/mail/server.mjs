// A mail server (nodemailer's smtp-server) on a free port of this machine, for the tests of the transport "smtp". It takes its
// orders in lines of JSON on standard input, tells what happens in lines of JSON on standard output, and ends when its standard
// input does, so that it never outlives the test.
//
// An order names a stage (connect, from, to, data, taken) and what is done there instead of saying yes: {"reply": [code, text]},
// {"hang": true}, {"hang_up": true} or {"wait": milliseconds}; "times" tells how often, for ever unless told. The stage data is
// before the first line of a mail, taken after its last. {"close": true} ends every connection.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { SMTPServer } from 'smtp-server';

const { directory, certificate, secure, hideSTARTTLS, password, port } = JSON.parse(process.argv[2]);
const tell = (event) => console.log(JSON.stringify(event));
const file = (name) => readFileSync(`${directory}/${name}`);
const orders = [];

const server = new SMTPServer({
  secure,
  hideSTARTTLS,
  key: file(`${certificate}.key`),
  cert: file(`${certificate}.pem`),
  disabledCommands: password ? [] : ['AUTH'],
  authMethods: ['PLAIN', 'LOGIN'],
  disableReverseLookup: true,
  logger: false,
  onConnect: (session, done) => {
    tell({ event: 'connection' });
    obey('connect', session, done);
  },
  onAuth: (auth, _, done) => {
    const known = auth.username === 'tanager' && auth.password === password;
    done(known ? null : Object.assign(new Error('5.7.8 wrong credentials'), { responseCode: 535 }), { user: auth.username });
  },
  onMailFrom: (_, session, done) => obey('from', session, done),
  onRcptTo: (_, session, done) => obey('to', session, done),
  onData: (stream, session, done) => {
    const pieces = [];
    const read = () => {
      stream.on('data', (piece) => pieces.push(piece));
      stream.on('end', () => {
        const { envelope, user, secure } = session;
        const raw = Buffer.concat(pieces).toString();
        const mail = { raw, user: user || null, secure, envelope };
        tell({ event: 'heard', ...mail });
        obey('taken', session, (error) => {
          if (!error) tell({ event: 'mail', ...mail });
          done(error);
        });
      });
    };
    obey('data', session, read);
  },
  onClose: () => tell({ event: 'closed' }),
});

function obey(stage, session, done) {
  const order = orders.find((order) => order.stage === stage && order.times !== 0);
  if (!order) return done();
  if (order.times) order.times -= 1;
  tell({ event: 'stage', stage });
  const [connection] = [...server.connections].filter((connection) => connection.id === session.id);
  if (order.hang) return undefined;
  if (order.hang_up) return connection._socket.destroy();
  if (order.wait) return setTimeout(done, order.wait);
  const [responseCode, text] = order.reply;
  return done(Object.assign(new Error(text), { responseCode }));
}

// Clients that hang up, or do not trust the certificate, are what is tested.
server.on('error', (error) => tell({ event: 'error', message: error.message }));
server.listen(port, '127.0.0.1', () => tell({ event: 'listening', port: server.server.address().port }));

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const order = JSON.parse(line);
  if (order.close) server.connections.forEach((connection) => connection._socket.destroy());
  else if (order.forget) orders.length = 0;
  else orders.push(order);
  tell({ event: 'obeyed' });
});
lines.on('close', () => process.exit(0));
