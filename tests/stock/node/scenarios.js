// The Node client of npm (ali-ons) against whatever cluster the given NameServer knows: a line a scenario.
// Usage: node scenarios.js NAMESRV [SCENARIO...]
'use strict';

const { createHash } = require('crypto');
const { Consumer, Message, Producer } = require('ali-ons');

// No wait lasts as long when all is well; a busy machine is no failure.
const deadlineMs = 90_000;
const run = Date.now().toString(16);
const common = { httpclient: {}, logger: { info() {}, warn() {}, debug() {}, error() {} } };

const sleep = ms => new Promise(done => setTimeout(done, ms));

function check(claim, words) {
  if (!claim) throw new Error(words);
}

async function until(condition, what) {
  const end = Date.now() + deadlineMs;
  while (!condition()) {
    check(Date.now() < end, `not within ${deadlineMs / 1000} s: ${what()}`);
    await sleep(20);
  }
}

// A topic and a group of its own for each scenario, and what was opened for it.
class Lab {
  constructor(namesrv, name) {
    this.namesrv = namesrv;
    this.topic = `Node_${name}_${run}`;
    this.group = `GID_node_${name}_${run}`;
    this.opened = [];
  }

  async producer() {
    const producer = new Producer({ producerGroup: `PID_${this.topic}`, nameSrv: this.namesrv, ...common });
    producer.on('error', () => {});
    this.opened.push(producer);
    await producer.ready();
    await this.createTopic(producer);
    return producer;
  }

  // The client makes none by sending, and offers no other way.
  async createTopic(producer) {
    const client = producer._mqClient;
    const route = await client.getDefaultTopicRouteInfoFromNameServer(producer.createTopicKey, 10_000);
    await client.createTopic(route.brokerDatas[0].brokerAddrs[0], producer.createTopicKey, {
      topicName: this.topic, readQueueNums: 4, writeQueueNums: 4, perm: 6, topicFilterType: 'SINGLE_TAG', topicSysFlag: 0,
      order: false,
    }, 10_000);
  }

  message(body, { tag = 'TagA', key = '', properties = {} } = {}) {
    const message = new Message(this.topic, tag, body);
    if (key) message.keys = [ key ];
    Object.assign(message.properties, properties);
    return message;
  }

  async consumer(take, { expression = '*', group = this.group, broadcast = false } = {}) {
    const consumer = new Consumer({
      consumerGroup: group, nameSrv: this.namesrv, ...common, isBroadcast: broadcast, pullInterval: 100,
      consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
    });
    consumer.on('error', () => {});
    this.opened.push(consumer);
    consumer.subscribe(this.topic, expression, take);
    await consumer.ready();
    return consumer;
  }

  // Takes every message; gives the list that they come into.
  async collector(options) {
    const got = [];
    await this.consumer(async message => { got.push(message); }, options);
    return got;
  }

  async close() {
    while (this.opened.length > 0) await this.opened.pop().close();
  }
}

const numbered = (count, word = 'message') => [ ...Array(count).keys() ].map(n => `${word} ${n}`).sort();
const bodies = got => got.map(one => one.body.toString()).sort();
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

// The client takes a key that falls on queue 0 for none.
function shardingKeys(count, queues) {
  const queueOf = key => createHash('md5').update(key).digest().readUInt32BE() % queues;
  return [ ...Array(100).keys() ].map(String).filter(key => queueOf(key) !== 0).slice(0, count);
}

async function sendAll(producer, lab, count, word = 'message') {
  for (let n = 0; n < count; ++n) {
    const result = await producer.send(lab.message(`${word} ${n}`));
    check(result.sendStatus === 'SEND_OK', `status ${result.sendStatus}`);
  }
}

const scenarios = {
  async send_sync(lab) {
    const producer = await lab.producer();
    const ids = new Set();
    for (let n = 0; n < 20; ++n) {
      const result = await producer.send(lab.message(`message ${n}`, { key: `key-${n}`, properties: { color: `blue ${n}` } }));
      check(result.sendStatus === 'SEND_OK', `status ${result.sendStatus}`);
      ids.add(result.msgId);
    }
    check(ids.size === 20, 'message ids that are not distinct');
    const got = await lab.collector();
    await until(() => got.length >= 20, () => `${got.length} of 20 came`);
    check(same(bodies(got), numbered(20)), `bodies ${bodies(got)}`);
    for (const one of got) {
      const n = one.body.toString().slice('message '.length);
      check(one.keys === `key-${n}` || same(one.keys, [ `key-${n}` ]), `keys ${one.keys} of ${one.body}`);
      check(one.tags === 'TagA' && one.properties.color === `blue ${n}`, `tags ${one.tags}, color ${one.properties.color}`);
    }
    check(new Set(got.map(one => `${one.queueId} ${one.queueOffset}`)).size === 20, 'two messages at one place');
  },

  async send_unicode(lab) {
    const producer = await lab.producer();
    const text = 'Grüße, 消息 😀';
    await producer.send(lab.message(text, { key: 'schlüssel-键' }));
    const got = await lab.collector();
    await until(() => got.length >= 1, () => 'nothing came');
    check(got[0].body.toString() === text, `body ${got[0].body}`);
  },

  async send_large_body(lab) {
    const producer = await lab.producer();
    const body = numbered(100_000).join();  // The client compresses it.
    await producer.send(lab.message(body));
    const got = await lab.collector();
    await until(() => got.length >= 1, () => 'nothing came');
    check(got[0].body.toString() === body, `another body of ${got[0].body.length} bytes, not ${body.length}`);
  },

  async send_selector_keeps_order(lab) {
    const producer = await lab.producer();
    const keys = shardingKeys(3, 4);
    for (let n = 0; n < 60; ++n) {
      const message = lab.message(`${n % 3} ${n}`);
      message.shardingKey = keys[n % 3];
      await producer.send(message);
    }
    const got = await lab.collector();
    await until(() => got.length >= 60, () => `${got.length} of 60 came`);
    for (const shard of '012') {
      const its = got.filter(one => one.body.toString().startsWith(shard));
      check(new Set(its.map(one => one.queueId)).size === 1, `shard ${shard} in more than one queue`);
      its.sort((one, other) => Number(one.queueOffset) - Number(other.queueOffset));
      const numbers = its.map(one => Number(one.body.toString().split(' ')[1]));
      check(same(numbers, [ ...numbers ].sort((one, other) => one - other)) && numbers.length === 20,
        `order of shard ${shard}: ${numbers}`);
    }
  },

  async push_tag_filter(lab) {
    const producer = await lab.producer();
    for (let n = 0; n < 30; ++n) await producer.send(lab.message(`message ${n}`, { tag: 'ABC'[n % 3] }));
    const got = await lab.collector({ expression: 'A || C' });
    await until(() => got.length >= 20, () => `${got.length} of 20 came`);
    await sleep(500);  // For one too many to come.
    check(got.length === 20 && got.every(one => one.tags !== 'B'), `tags ${got.map(one => one.tags).sort()}`);
  },

  async retry_then_success(lab) {
    const producer = await lab.producer();
    await sendAll(producer, lab, 1);
    const tries = [];
    await lab.consumer(async message => {
      tries.push({ at: Date.now(), body: message.body.toString(), times: message.reconsumeTimes });
      return tries.length === 1 ? Consumer.ACTION_RETRY : undefined;
    });
    await until(() => tries.length >= 2, () => `${tries.length} tries`);
    check(tries[1].body === 'message 0' && tries[1].times === 1, `${tries[1].body}, reconsumed ${tries[1].times} times`);
  },

  async delay_level(lab) {
    const producer = await lab.producer();
    await sendAll(producer, lab, 1);
    const arrivals = {};
    await lab.consumer(async message => { arrivals[message.body.toString()] = Date.now(); });
    await until(() => arrivals['message 0'], () => 'the first did not come');
    const late = lab.message('late');
    late.delayTimeLevel = 2;
    const sent = Date.now();
    await producer.send(late);
    await until(() => arrivals.late, () => 'the delayed one did not come');
    check(arrivals.late - sent >= 4500, `came after ${arrivals.late - sent} ms, 5,000 were asked for`);
  },

  async push_restart_continues(lab) {
    const producer = await lab.producer();
    await sendAll(producer, lab, 10);
    const first = await lab.collector();
    await until(() => first.length >= 10, () => `${first.length} of 10 came`);
    await lab.opened.pop().close();  // Commits its offsets.
    await sendAll(producer, lab, 10, 'more');
    const second = await lab.collector();
    await until(() => second.length >= 10, () => `${second.length} of 10 came`);
    await sleep(500);
    check(same(bodies(second), numbered(10, 'more')), `after the restart came ${bodies(second)}`);
  },
};

// The reason of a failure, or nothing.
async function attempt(name, namesrv) {
  const lab = new Lab(namesrv, name);
  try {
    await scenarios[name](lab);
  } catch (error) {
    return `${error.message}`.replace(/\s+/g, ' ');
  } finally {
    await Promise.race([ lab.close().catch(() => {}), sleep(10_000) ]);
  }
  return '';
}

async function main([ namesrv, ...wanted ]) {
  const unknown = wanted.find(name => !(name in scenarios));
  if (namesrv === undefined || unknown) {
    console.error(unknown ? `${unknown}: no such scenario` : 'usage: scenarios.js NAMESRV [SCENARIO...]');
    process.exit(2);
  }
  let failed = false;
  for (const name of wanted.length > 0 ? wanted : Object.keys(scenarios)) {
    const start = Date.now();
    const reason = await attempt(name, namesrv);
    failed = failed || reason !== '';
    console.log(reason ? `FAIL ${name}: ${reason}` : `PASS ${name} (${Date.now() - start} ms)`);
  }
  process.exit(failed ? 1 : 0);
}

process.on('uncaughtException', error => console.error(error));
process.on('unhandledRejection', error => console.error(error));
main(process.argv.slice(2));
