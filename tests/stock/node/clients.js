// Clients with default settings that run until their input ends and speak as tests/cluster/StockProducer.java and
// PushReader.java do: what they did, a line each.  Usage: node clients.js producer NAMESRV TOPIC RATE SIZE, node clients.js
// consumer NAMESRV GROUP TOPIC...
'use strict';

const readline = require('readline');
const { Consumer, Message, Producer } = require('ali-ons');

const requestsMax = 4;  // Of one send with default settings; the client does not tell.
const sleep = ms => new Promise(done => setTimeout(done, ms));
const nanos = () => process.hrtime.bigint();
const say = line => process.stdout.write(`${line}\n`);

function onInputEnd(act) {
  const lines = readline.createInterface({ input: process.stdin });
  lines.on('line', line => { if (line === 'end') lines.close(); });
  lines.on('close', act);
}

// The client takes no list of addresses with semicolons, and writes the loss of a connection to standard error.
function options(namesrv) {
  return { httpclient: {}, nameSrv: namesrv.split(';') };
}

async function runProducer(namesrv, topic, rate, size) {
  const producer = new Producer({ producerGroup: 'stock-producers', ...options(namesrv) });
  producer.on('error', error => console.error(error.message));
  await producer.ready();
  const send = key => {
    const message = new Message(topic, '', `${key} `.padEnd(size, '.'));
    message.keys = [ key ];
    return producer.send(message);
  };
  const out = new Set();
  const report = async key => {
    const begun = nanos();
    let told;
    try {
      const { sendStatus, messageQueue, queueOffset } = await send(key);
      told = `${sendStatus} ${messageQueue.brokerName} ${messageQueue.queueId} ${queueOffset}`;
    } catch (error) {
      told = `${error.name} - -1 -1`;
    }
    say(`${key} ${begun} ${nanos()} ${told} ${requestsMax}`);
  };
  await send('stock-first');  // Connects.
  say(`begins ${nanos()} ${Date.now()}`);
  let ending = false;
  onInputEnd(() => { ending = true; });
  const interval = 1000 / rate;
  let due = Date.now();
  for (let number = 0; !ending; ++number) {
    const sent = report(`stock-${number}`).finally(() => out.delete(sent));
    out.add(sent);
    due = Math.max(due + interval, Date.now() - interval);
    await sleep(due - Date.now());
  }
  await Promise.all(out);
  process.exit(0);
}

async function runConsumer(namesrv, group, ...topics) {
  const consumer = new Consumer({ consumerGroup: group, consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET', ...options(namesrv) });
  consumer.on('error', error => console.error(error.message));
  for (const topic of topics) consumer.subscribe(topic, '*', async message => { say(message.keys); });
  await consumer.ready();
  say('started');
  onInputEnd(() => process.exit(0));
}

const [ role, ...rest ] = process.argv.slice(2);
process.on('uncaughtException', error => console.error(error));  // Of connections that are lost.
process.on('unhandledRejection', error => console.error(error));
if (role === 'producer') runProducer(rest[0], rest[1], Number(rest[2]), Number(rest[3]));
else runConsumer(...rest);
