package stock;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendCallback;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageDecoder;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/** Ways to send, each read back and compared with what was sent. */
final class Sending {
    static void scenarios(Map<String, Main.Scenario> into) {
        into.put("send_sync", Sending::sync);
        into.put("send_async", Sending::async);
        into.put("send_oneway", Sending::oneway);
        into.put("send_batch", Sending::batch);
        into.put("send_selector_keeps_order", Sending::selector);
        into.put("send_creates_topic", Sending::createsTopic);
        into.put("send_unicode", Sending::unicode);
        into.put("send_large_body", Sending::largeBody);
        into.put("send_compressed_body", Sending::compressedBody);
        into.put("send_refuses_bad_bodies", Sending::badBodies);
        into.put("send_through_fast_port", Sending::fastPort);
    }

    private static void sync(Lab lab) throws Exception {
        String topic = lab.topic(4);
        Sent sent = new Sent();
        Map<MessageQueue, Long> next = new HashMap<>();
        Map<String, SendResult> results = new HashMap<>();
        Map<String, String> masters = lab.cluster.masters();
        long before = System.currentTimeMillis();
        for (int i = 0; i < 40; i++) {
            Message message = sent.message(topic, "tag" + i % 3);
            message.setFlag(i);
            message.putUserProperty("number", Integer.toString(i));
            message.putUserProperty("odd value", "a=b; \"c\" {d}");
            SendResult result = lab.producer().send(message);
            Check.equal("status", SendStatus.SEND_OK, result.getSendStatus());
            Check.equal("queue offset in " + result.getMessageQueue(), next.getOrDefault(result.getMessageQueue(), 0L),
                    result.getQueueOffset());
            next.put(result.getMessageQueue(), result.getQueueOffset() + 1);
            InetSocketAddress host = (InetSocketAddress) MessageDecoder.decodeMessageId(result.getOffsetMsgId()).getAddress();
            Check.equal("address in the offset id", masters.get(result.getMessageQueue().getBrokerName()),
                    host.getAddress().getHostAddress() + ":" + host.getPort());
            results.put(message.getKeys(), result);
        }
        List<MessageExt> stored = lab.stored(topic, 40);
        sent.exactly(stored);
        for (MessageExt message : stored) {
            SendResult result = results.get(message.getKeys());
            Check.equal("queue", result.getMessageQueue().getQueueId(), message.getQueueId());
            Check.equal("queue offset", result.getQueueOffset(), message.getQueueOffset());
            Check.equal("message id", result.getMsgId(), message.getMsgId());
            Check.equal("commit log offset", MessageDecoder.decodeMessageId(result.getOffsetMsgId()).getOffset(),
                    message.getCommitLogOffset());
            Check.equal("tag", "tag" + message.getFlag() % 3, message.getTags());
            Check.equal("property", Integer.toString(message.getFlag()), message.getUserProperty("number"));
            Check.equal("property", "a=b; \"c\" {d}", message.getUserProperty("odd value"));
            Check.equal("reconsume times", 0, message.getReconsumeTimes());
            long now = System.currentTimeMillis();
            Check.that(before <= message.getBornTimestamp() && message.getBornTimestamp() <= now, "born at some other time");
            Check.that(before <= message.getStoreTimestamp() && message.getStoreTimestamp() <= now,
                    "stored at some other time");
        }
    }

    private static void async(Lab lab) throws Exception {
        String topic = lab.topic(4);
        Sent sent = new Sent();
        var results = new ConcurrentLinkedQueue<SendResult>();
        var errors = new ConcurrentLinkedQueue<Throwable>();
        for (int i = 0; i < 300; i++) {
            lab.producer().send(sent.message(topic), new SendCallback() {
                @Override
                public void onSuccess(SendResult result) {
                    results.add(result);
                }

                @Override
                public void onException(Throwable error) {
                    errors.add(error);
                }
            });
        }
        Check.until("300 answers", () -> results.size() + errors.size() >= 300, () -> "got " + results.size());
        Check.equal("errors", "[]", errors.toString());
        Check.that(results.stream().allMatch(r -> r.getSendStatus() == SendStatus.SEND_OK), "some status is not SEND_OK");
        sent.exactly(lab.stored(topic, 300));
    }

    private static void oneway(Lab lab) throws Exception {
        String topic = lab.topic(4);
        Sent sent = new Sent();
        for (int i = 0; i < 100; i++) {
            lab.producer().sendOneway(sent.message(topic));
        }
        sent.exactly(lab.stored(topic, 100));
    }

    private static void batch(Lab lab) throws Exception {
        String topic = lab.topic(2);
        Sent sent = new Sent();
        List<Message> messages = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            Message message = sent.message(topic, i % 2 == 0 ? "even" : "odd");
            message.putUserProperty("number", Integer.toString(i));
            messages.add(message);
        }
        SendResult result = lab.producer().send(messages);
        Check.equal("status", SendStatus.SEND_OK, result.getSendStatus());
        Check.equal("queue offset", 0L, result.getQueueOffset());
        String[] ids = result.getMsgId().split(",");
        Check.equal("ids", 50, ids.length);
        Check.equal("offset ids", 50, result.getOffsetMsgId().split(",").length);
        List<MessageExt> stored = lab.stored(topic, 50);
        sent.exactly(stored);
        for (int i = 0; i < 50; i++) {
            MessageExt message = stored.get(i);
            Check.equal("queue", result.getMessageQueue().getQueueId(), message.getQueueId());
            Check.equal("message at offset " + i, messages.get(i).getKeys(), message.getKeys());
            Check.equal("message id", ids[i], message.getMsgId());
            Check.equal("tag", i % 2 == 0 ? "even" : "odd", message.getTags());
            Check.equal("property", Integer.toString(i), message.getUserProperty("number"));
        }
    }

    private static void selector(Lab lab) throws Exception {
        String topic = lab.topic(4);
        Sent sent = new Sent();
        for (int i = 0; i < 120; i++) {
            int order = i % 7;
            Message message = sent.message(topic);
            message.putUserProperty("order", Integer.toString(order));
            message.putUserProperty("step", Integer.toString(i / 7));
            SendResult result = lab.producer().send(message,
                    (queues, m, chosen) -> queues.get((Integer) chosen % queues.size()), order);
            Check.equal("status", SendStatus.SEND_OK, result.getSendStatus());
        }
        List<MessageExt> stored = lab.stored(topic, 120);
        sent.exactly(stored);
        Map<String, String> queueOf = new HashMap<>();
        Map<String, Integer> steps = new HashMap<>();
        for (MessageExt message : stored) {
            String order = message.getUserProperty("order");
            String queue = message.getBrokerName() + message.getQueueId();
            Check.equal("queue of order " + order, queueOf.getOrDefault(order, queue), queue);
            queueOf.put(order, queue);
            Check.equal("step of order " + order, steps.getOrDefault(order, 0),
                    Integer.parseInt(message.getUserProperty("step")));
            steps.merge(order, 1, Integer::sum);
        }
    }

    private static void createsTopic(Lab lab) throws Exception {
        String topic = lab.fresh("unknown");
        Sent sent = new Sent();
        Check.equal("status", SendStatus.SEND_OK, lab.producer().send(sent.message(topic)).getSendStatus());
        Check.until("route of the new topic", () -> !lab.admin().examineTopicRouteInfo(topic).getQueueDatas().isEmpty());
        var queues = lab.admin().examineTopicRouteInfo(topic).getQueueDatas().get(0);
        Check.equal("write queues", 4, queues.getWriteQueueNums());
        Check.equal("read queues", 4, queues.getReadQueueNums());
        Check.equal("permission", 6, queues.getPerm());
        sent.exactly(lab.stored(topic, 1));
    }

    private static void unicode(Lab lab) throws Exception {
        String topic = lab.topic(1);
        String text = "żółć 消息 🚀 \u0000 e\u0301";
        String word = "żółć-消息-🚀";
        Message message = new Message(topic, word, word, text.getBytes(UTF_8));
        message.putUserProperty("名前-" + word, "価値 " + word);
        Check.equal("status", SendStatus.SEND_OK, lab.producer().send(message).getSendStatus());
        MessageExt stored = lab.stored(topic, 1).get(0);
        Check.equal("body", text, new String(stored.getBody(), UTF_8));
        Check.equal("tag", word, stored.getTags());
        Check.equal("key", word, stored.getKeys());
        Check.equal("property", "価値 " + word, stored.getUserProperty("名前-" + word));
        Received received = new Received();
        lab.startedConsumer(lab.group(), topic, word + " || other", received);
        received.untilCount(1);
    }

    private static void largeBody(Lab lab) throws Exception {
        String topic = lab.topic(1);
        DefaultMQProducer producer = lab.newProducer();
        producer.setCompressMsgBodyOverHowmuch(Integer.MAX_VALUE);
        producer.start();
        Sent sent = new Sent();
        byte[] body = new byte[4 * 1024 * 1024 - 1024];
        new Random(7).nextBytes(body);
        Message message = sent.message(topic, "large", body);
        Check.equal("status", SendStatus.SEND_OK, producer.send(message).getSendStatus());
        Check.equal("status", SendStatus.SEND_OK, producer.send(sent.message(topic)).getSendStatus());
        sent.exactly(lab.stored(topic, 2));
    }

    private static void compressedBody(Lab lab) throws Exception {
        String topic = lab.topic(1);
        byte[] body = new byte[300_000];
        Arrays.fill(body, (byte) 'x');
        Check.equal("status", SendStatus.SEND_OK, lab.producer().send(new Message(topic, body)).getSendStatus());
        MessageExt stored = lab.stored(topic, 1).get(0);
        Check.that(Arrays.equals(body, stored.getBody()), "the body came back changed");
        Check.that(stored.getStoreSize() < 10_000, "stored in " + stored.getStoreSize() + " bytes: not compressed");
    }

    private static void badBodies(Lab lab) throws Exception {
        String topic = lab.topic(1);
        DefaultMQProducer producer = lab.newProducer();
        producer.setMaxMessageSize(16 * 1024 * 1024); // The client would refuse it itself.
        producer.setCompressMsgBodyOverHowmuch(Integer.MAX_VALUE);
        producer.start();
        Check.refused("a body of 5 MiB", "CODE: 13", () -> producer.send(new Message(topic, new byte[5 * 1024 * 1024])));
        Check.refused("a body of 0 bytes", "CODE: 13", () -> producer.send(new Message(topic, new byte[0])));
        Message bigProperties = new Message(topic, "body".getBytes(UTF_8));
        bigProperties.putUserProperty("long", "x".repeat(40_000));
        Check.refused("properties of 40,000 bytes", "CODE: 13", () -> producer.send(bigProperties));
        // The connection is as good as before.
        Check.equal("status", SendStatus.SEND_OK, producer.send(new Message(topic, "good".getBytes(UTF_8))).getSendStatus());
        lab.stored(topic, 1);
    }

    private static void fastPort(Lab lab) throws Exception {
        String topic = lab.topic(1);
        DefaultMQProducer producer = lab.newProducer();
        producer.setVipChannelEnabled(true); // The broker's port - 2.
        producer.start();
        Sent sent = new Sent();
        Check.equal("status", SendStatus.SEND_OK, producer.send(sent.message(topic)).getSendStatus());
        sent.exactly(lab.stored(topic, 1));
    }

    private Sending() {
    }
}
